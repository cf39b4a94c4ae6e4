// SPDX-License-Identifier: MIT
#include "cli/build_paths.h"

#include "config.h"

namespace acmeproxy {

std::string default_spool()
{
    return ACMEPROXY_SPOOLDIR;
}

std::string default_config_folder()
{
    return ACMEPROXY_CONFDIR;
}

std::string default_config_file()
{
    return default_config_folder() + "/acmeproxy.conf";
}

std::string default_run_folder()
{
    return ACMEPROXY_RUNDIR;
}

std::string program_folder()
{
    return ACMEPROXY_LIBEXECDIR;
}

std::string spool_user()
{
    return ACMEPROXY_USER;
}

std::string program_version()
{
    return ACMEPROXY_VERSION;
}

}
