// SPDX-License-Identifier: MIT
// What ./configure decided: folders, the owner of the spool, the version. The defaults of the
// settings are made of these.
#pragma once

#include <string>

namespace acmeproxy {

std::string default_spool();         ///< "/var/spool/acmeproxy"
std::string default_config_folder(); ///< "/etc/acmeproxy"
std::string default_config_file();   ///< "/etc/acmeproxy/acmeproxy.conf"
std::string default_run_folder();    ///< "/run/acmeproxy"
std::string program_folder();        ///< "/usr/libexec/acmeproxy": the FastCGI programs
std::string spool_user();            ///< who owns the spool when root makes it
std::string program_version();       ///< "0.1.0"

}
