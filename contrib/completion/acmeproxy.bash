# SPDX-License-Identifier: MIT
# bash completion for acmeproxy(1). The table of options is compared with the program's own by
# tests/unit/man_pages_test.cc.

_acmeproxy_options() {
    local common='--config --spool --log-level --log-format --syslog --no-syslog --help'
    case $1 in
    'cert add') echo "$common
        --name --hook --csr --client --recipient --escrow --source --server --eab-kid --eab-key-file
        --eab-alg --later --ca --acme-directory-url --contact
        --account-key-type --ca-certificates --proxy --no-proxy --resolve
        --key-type --reuse-key --no-reuse-key --preferred-chain --profile
        --order-timeout --self-check --no-self-check --self-check-port
        --certificate-obtained-hook --hook-timeout --hooks-dir" ;;
    'cert list') echo "$common
        --json" ;;
    'cert show') echo "$common
        --json" ;;
    'cert set') echo "$common
        --add-name --drop-name --hook --csr --recipient --escrow --ca
        --key-type --reuse-key --no-reuse-key --preferred-chain --profile" ;;
    'cert remove') echo "$common
        --only-here --ca-certificates --proxy --no-proxy --resolve" ;;
    'cert revoke') echo "$common
        --reason --acme-directory-url --ca-certificates --proxy --no-proxy
        --resolve" ;;
    'import') echo "$common
        --dry-run --dns --hook --ca --acme-directory-url --ca-certificates
        --hooks-dir" ;;
    'serve') echo "$common
        --ca --acme-directory-url --contact --account-key-type --ca-certificates
        --proxy --no-proxy --resolve --key-type --reuse-key --no-reuse-key
        --preferred-chain --profile --workers --order-timeout --self-check
        --no-self-check --self-check-port --certificate-obtained-hook
        --hook-timeout --hooks-dir --base-url --website --audit-log
        --no-audit-log --gateway-wait --threads --server-name --http-api-addr
        --https-addr --renew-interval --run-dir --programs-dir --lighttpd" ;;
    'renew') echo "$common
        --force --dry-run --acme-directory-url --contact --account-key-type
        --ca-certificates --proxy --no-proxy --resolve --preferred-chain
        --workers --order-timeout --self-check --no-self-check
        --self-check-port --certificate-obtained-hook --hook-timeout
        --hooks-dir" ;;
    'deploy') echo "$common
        --force --certificate-obtained-hook --hook-timeout --hooks-dir" ;;
    'status') echo "$common
        --json --check --warn-days" ;;
    'ca add') echo "$common
        --eab-kid --eab-key-file --eab-alg --replace --later --contact
        --ca-certificates --proxy --no-proxy --resolve --profile" ;;
    'ca list') echo "$common
        --json --ca --acme-directory-url" ;;
    'ca show') echo "$common
        --json --ca --acme-directory-url" ;;
    'ca remove') echo "$common
        --force" ;;
    'account show') echo "$common
        --json --ca --acme-directory-url --ca-certificates --proxy --no-proxy
        --resolve" ;;
    'account thumbprint') echo "$common
        --web-server --ca --acme-directory-url --account-key-type --ca-certificates
        --proxy --no-proxy --resolve" ;;
    'account update') echo "$common
        --ca --acme-directory-url --contact --ca-certificates --proxy
        --no-proxy --resolve" ;;
    'account rollover') echo "$common
        --ca --acme-directory-url --account-key-type --ca-certificates --proxy
        --no-proxy --resolve" ;;
    'account deactivate') echo "$common
        --ca --acme-directory-url --ca-certificates --proxy --no-proxy
        --resolve" ;;
    'client add') echo "$common
        --allow --mode --quota --own-account --ca --profile" ;;
    'client list') echo "$common
        --json" ;;
    'client show') echo "$common
        --json" ;;
    'client set') echo "$common
        --mode --quota --own-account --ca --profile" ;;
    'client allow') echo "$common
        --drop" ;;
    'client deny') echo "$common
        --drop" ;;
    'client enable') echo "$common" ;;
    'client disable') echo "$common" ;;
    'client remove') echo "$common" ;;
    'client eab add') echo "$common
        --once --expires --json --base-url" ;;
    'client eab list') echo "$common
        --json" ;;
    'client eab revoke') echo "$common
        --keep-accounts" ;;
    'client token add') echo "$common
        --base-url --expires --lineage" ;;
    'client token list') echo "$common
        --json" ;;
    'client token revoke') echo "$common" ;;
    'client check') echo "$common
        --json" ;;
    'spool init') echo "$common" ;;
    'spool check') echo "$common
        --repair" ;;
    'keygen') echo "$common
        --output --recipient-of" ;;
    'seal') echo "$common
        --recipient --recipients-file --armor --output" ;;
    'open') echo "$common
        --identity --output" ;;
    'help') echo "$common" ;;
    'version') echo "$common" ;;
    *) echo "$common --version" ;;
    esac
}

_acmeproxy_second_words() {
    case $1 in
    'cert') echo add list show set remove revoke ;;
    'ca') echo add list show remove ;;
    'account') echo show thumbprint update rollover deactivate ;;
    'client') echo add list show set allow deny enable disable remove eab token check ;;
    'client eab') echo add list revoke ;;
    'client token') echo add list revoke ;;
    'spool') echo init check ;;
    esac
}

# The first column of what a verb lists.
_acmeproxy_names() {
    acmeproxy "$1" list 2>/dev/null | tail -n +2 | cut -d ' ' -f 1
}

# Completes the value of the option $1.
_acmeproxy_value() {
    local word=$2 key_types='ec256 ec384 rsa2048 rsa3072 rsa4096'
    case $1 in
    --config | --csr | --eab-key-file | --ca-certificates | --hook | --certificate-obtained-hook | \
        --identity | --output | --recipients-file)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --spool | --hooks-dir | --run-dir | --programs-dir)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    --ca) mapfile -t COMPREPLY < <(compgen -W "$(_acmeproxy_names ca)" -- "$word") ;;
    --key-type | --account-key-type)
        mapfile -t COMPREPLY < <(compgen -W "$key_types" -- "$word") ;;
    --log-level) mapfile -t COMPREPLY < <(compgen -W 'error warning info debug' -- "$word") ;;
    --log-format) mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$word") ;;
    --mode) mapfile -t COMPREPLY < <(compgen -W 'gateway agent gateway,agent' -- "$word") ;;
    --eab-alg) mapfile -t COMPREPLY < <(compgen -W 'HS256 HS384 HS512' -- "$word") ;;
    --reason)
        mapfile -t COMPREPLY < <(compgen -W 'keyCompromise affiliationChanged superseded
            cessationOfOperation' -- "$word") ;;
    esac
}

_acmeproxy_takes_value() {
    local all='
        --account-key-type --acme-directory-url --add-name --allow --base-url --ca --ca-certificates
        --certificate-obtained-hook --client --config --contact --csr --drop-name --eab-alg
        --eab-key-file --eab-kid --escrow --expires --gateway-wait --hook --hook-timeout
        --hooks-dir --http-api-addr --https-addr --identity --key-type --lighttpd --log-format
        --log-level --mode --name --no-proxy --order-timeout --output --preferred-chain --profile
        --programs-dir --proxy --quota --reason --recipient --recipients-file --renew-interval
        --resolve --run-dir --self-check-port --server-name --spool --threads --warn-days
        --website --workers '
    [[ " ${all//$'\n'/ } " == *" $1 "* ]]
}

_acmeproxy() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local index words=() verb
    COMPREPLY=()
    if _acmeproxy_takes_value "$previous"; then
        _acmeproxy_value "$previous" "$word"
        return
    fi
    # The words before this one that are neither options nor their values.
    for ((index = 1; index < COMP_CWORD; index++)); do
        if [[ ${COMP_WORDS[index]} == -* ]]; then
            _acmeproxy_takes_value "${COMP_WORDS[index]}" && ((index++))
        else
            words+=("${COMP_WORDS[index]}")
        fi
    done
    [[ ${words[0]-} == help ]] && words=("${words[@]:1}")
    verb=${words[0]-}
    [[ -n $(_acmeproxy_second_words "$verb") ]] && verb="${words[*]:0:2}"
    [[ -n $(_acmeproxy_second_words "$verb") ]] && verb="${words[*]:0:3}"
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_acmeproxy_options "$verb")" -- "$word")
    elif ((${#words[@]} == 0)); then
        mapfile -t COMPREPLY < <(
            compgen -W 'cert import serve renew deploy status ca account client spool keygen seal open help
                version' -- "$word"
        )
    elif ((${#words[@]} == 1)) && [[ -n $(_acmeproxy_second_words "${words[0]}") ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_acmeproxy_second_words "${words[0]}")" -- "$word")
    elif ((${#words[@]} == 2)) && [[ -n $(_acmeproxy_second_words "${words[*]}") ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_acmeproxy_second_words "${words[*]}")" -- "$word")
    else
        case $verb in
        import)
            if ((${#words[@]} == 1)); then
                mapfile -t COMPREPLY < <(compgen -W 'certbot lego acme.sh dehydrated' -- "$word")
            elif ((${#words[@]} == 2)); then
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -d -- "$word")
            fi
            ;;
        'client '[!ec]* | 'client enable' | 'client check' | 'client eab '[al]* | 'client token '[al]*)
            mapfile -t COMPREPLY < <(compgen -W "$(_acmeproxy_names client)" -- "$word") ;;
        'cert show' | 'cert set' | 'cert remove' | 'cert revoke' | renew | deploy | status)
            mapfile -t COMPREPLY < <(compgen -W "$(_acmeproxy_names cert)" -- "$word") ;;
        'ca show' | 'ca remove')
            mapfile -t COMPREPLY < <(compgen -W "$(_acmeproxy_names ca)" -- "$word") ;;
        esac
    fi
}

complete -F _acmeproxy acmeproxy
