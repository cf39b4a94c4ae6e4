# SPDX-License-Identifier: MIT
# Completion of acmeproxy(1) for bash. Options are read from the program's own help, so that they
# are those of the installed version.

_acmeproxy_options() {
    "$1" "${@:2}" --help 2>/dev/null | grep -o -E -- '--[a-z][a-z0-9-]+' | sort -u
}

# The names of lineages, where the user may read them.
_acmeproxy_names() {
    "$1" cert list 2>/dev/null | awk 'NR > 1 { print $1 }'
}

_acmeproxy() {
    local program=$1 word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local groups='account ca cert deploy help renew spool status version'
    local i verb=() words=

    # The verb: the words that are neither options nor behind one that takes a value.
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --config | --spool | --log-level) ((i++)) ;;
        -*) ;;
        *) verb+=("${COMP_WORDS[i]}") ;;
        esac
    done

    case $previous in
    --config | --spool | --ca-certificates | --csr | --hooks-dir | --hook | --certificate-obtained-hook)
        compopt -o default 2>/dev/null
        COMPREPLY=()
        return
        ;;
    --key-type | --account-key-type) words='ec256 ec384 rsa2048 rsa3072 rsa4096' ;;
    --log-level) words='error warning info debug' ;;
    --ca) words='letsencrypt letsencrypt-staging' ;;
    *)
        if [[ $word = -* ]]; then
            words=$(_acmeproxy_options "$program" "${verb[@]:0:2}")
        else
            case ${verb[*]:0:2} in
            '') words=$groups ;;
            account) words='deactivate rollover show update' ;;
            ca) words='add list remove show' ;;
            cert) words='add list remove revoke set show' ;;
            spool) words='check init' ;;
            help) words=$groups ;;
            renew* | deploy* | 'cert remove' | 'cert revoke' | 'cert set' | 'cert show')
                words=$(_acmeproxy_names "$program")
                ;;
            esac
        fi
        ;;
    esac
    # shellcheck disable=SC2207 # no word has a space
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}

complete -F _acmeproxy acmeproxy
