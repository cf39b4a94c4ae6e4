// SPDX-License-Identifier: MIT
// Files that were parsed, kept while they stay the same files: a pass looks at a lineage many
// times, and to read a key or a certificate costs OpenSSL a millisecond. Files of the spool are
// replaced, never rewritten, so that another content is another inode. Not for several threads.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <tuple>

namespace acmeproxy {

template <class T> class ParsedFiles {
public:
    /// `parse()` gives a shared_ptr<const T>; it is asked again when `st` tells of another file.
    template <class Parse>
    std::shared_ptr<const T> get(const std::string &path, const struct stat &st, Parse parse)
    {
        const Identity identity = identity_of(st);
        if (const auto it = files_.find(path); it != files_.end() && it->second.first == identity)
            return it->second.second;
        files_.erase(path);
        std::shared_ptr<const T> parsed = parse();
        if (parsed)
            files_.emplace(path, std::make_pair(identity, parsed));
        return parsed;
    }

    /// What was just written, to save reading it.
    void put(const std::string &path, const struct stat &st, std::shared_ptr<const T> parsed)
    {
        files_.insert_or_assign(path, std::make_pair(identity_of(st), std::move(parsed)));
    }

private:
    using Identity = std::tuple<dev_t, ino_t, off_t, time_t, long>;

    static Identity identity_of(const struct stat &st)
    {
        return {st.st_dev, st.st_ino, st.st_size, st.st_ctim.tv_sec, st.st_ctim.tv_nsec};
    }

    std::map<std::string, std::pair<Identity, std::shared_ptr<const T>>> files_;
};

}
