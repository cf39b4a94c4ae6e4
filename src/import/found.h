// SPDX-License-Identifier: MIT
// What the folder of another ACME client holds, as plain values: read once, checked later
// (take_over.h). Readers throw only where the folder is no such folder at all or cannot be read;
// what is wrong with one certificate or account is an Unreadable beside the sound ones.
#pragma once

#include "base/error.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "import/import_folder.h"

#include <string>
#include <vector>

namespace acmeproxy {

/// An account at a CA.
struct FoundAccount {
    std::string id = {};        ///< as lineages name it (certbot), or the file of its key
    std::string directory = {}; ///< the CA's directory URL; empty: the folder does not say
    std::string host = {};      ///< the CA's host, with its port where that is not 443
    std::string url = {};       ///< the account's; empty: the CA finds it by the key
    std::vector<std::string> contact = {}; ///< "mailto:..." URLs
    PrivateKey key;
};

/// A certificate that the other client keeps fresh.
struct FoundLineage {
    std::string name = {};      ///< what the other client calls it
    std::string directory = {}; ///< as of FoundAccount
    std::string host = {};
    std::string account = {}; ///< a FoundAccount's id, or empty
    bool reuse_key = false;
    std::string preferred_chain = {};
    std::string profile = {};
    std::string dns_method = {}; ///< how its names are proved by dns-01; empty: they are not
    std::string hook = {};       ///< what the other client runs after a renewal
    PrivateKey key;
    std::vector<Certificate> chain;
};

struct Unreadable {
    std::string name = {}; ///< "certificate a.example", "account keys/x.key"
    std::string why = {};
};

struct FoundTree {
    std::vector<FoundLineage> lineages;
    std::vector<FoundAccount> accounts;
    std::vector<Unreadable> unreadable;

    /// What `read` gives; where it throws, `name` is unreadable, and the others are still read.
    template <class Read> void add_lineage(const std::string &name, Read read)
    {
        add(lineages, "certificate " + name, read);
    }
    template <class Read> void add_account(const std::string &name, Read read)
    {
        add(accounts, "account " + name, read);
    }

private:
    template <class Found, class Read>
    void add(std::vector<Found> &to, const std::string &name, Read read)
    {
        try {
            to.push_back(read());
        } catch (const std::exception &e) {
            unreadable.push_back({name, describe(e)});
        }
    }
};

FoundTree read_certbot(const ImportFolder &folder);    ///< mostly /etc/letsencrypt
FoundTree read_lego(const ImportFolder &folder);       ///< --path, mostly .lego
FoundTree read_acme_sh(const ImportFolder &folder);    ///< mostly ~/.acme.sh
FoundTree read_dehydrated(const ImportFolder &folder); ///< BASEDIR, mostly /var/lib/dehydrated

}
