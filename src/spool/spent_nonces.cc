// SPDX-License-Identifier: MIT
#include "spool/spent_nonces.h"

#include "base/error.h"
#include "spool/client_names.h"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <thread>

namespace acmeproxy {

bool spend_nonce(const Spool &spool, Time made, const std::string &nonce)
{
    const Minute minute = minute_of(made);
    const SpoolPath path = ClientNames::nonce(minute, NonceHash::parse(nonce));
    for (int attempt = 0; attempt < 10; ++attempt) {
        try {
            if (spool.dir().open_file(path.str(), O_WRONLY | O_CREAT | O_EXCL, 0600))
                return true;
        } catch (const std::system_error &e) {
            if (e.code().value() == EEXIST)
                return false;
            if (e.code().value() != EACCES)
                throw;
            // Another user's program has just made the folder, and is about to set its mode.
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            continue;
        }
        // No such folder: the first nonce of its minute.
        spool.dir().make_dir(ClientNames::nonces(minute).str(), 0770);
    }
    throw Error("mark a nonce in " + spool.path_of(ClientNames::nonces(minute)));
}

int sweep_nonces(const Spool &spool, Time now, Seconds lifetime)
{
    int removed = 0;
    const std::string folder = ClientNames::folder(ClientFolder::nonces).str();
    for (const std::string &name : spool.dir().list(folder)) {
        try {
            if (now - time_of(Minute::parse(name)) <= 2 * lifetime + Seconds(60))
                continue;
        } catch (const Error &) {
            continue; // not ours; spool check tells
        }
        spool.dir().remove_tree(folder + "/" + name);
        ++removed;
    }
    return removed;
}

}
