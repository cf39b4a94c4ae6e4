# SPDX-License-Identifier: MIT
#
# zsh -f complete.zsh FOLDER OUT: what zsh offers for each line of standard input when Tab is pressed
# at its end, with the completion functions of FOLDER, into the file OUT: "LINE<Tab>WORD" for each
# word. An interactive zsh on a terminal of its own does it, since completion needs one.
set -eu
zmodload zsh/zpty zsh/zselect zsh/datetime

folder=$1 out=$2
: >$out
print -r -- "PS1= PS2= RPS1= LISTMAX=10000 out=${(q)out} fpath=(${(q)folder} \$fpath)" >$out.setup
cat >>$out.setup <<'END'
autoload -Uz compinit
compinit -D -u
# What compadd adds is what matches; calls that only fill arrays do not count.
compadd() {
    local -a hits
    if (( ! ${@[(I)-[OAD]]} )); then
        builtin compadd -O hits "$@"
        (( $#hits )) && print -rl -- $BUFFER$'\t'$^hits >>$out
    fi
    builtin compadd "$@"
}
finished() {
    zle kill-whole-line
    print -r -- finished >>$out
}
zle -N finished
bindkey '^X' finished
bindkey '^I' complete-word
print -r -- finished >>$out
END

# await NUMBER: of lines that are finished; at most 20 s.
await() {
    integer end=$((EPOCHSECONDS + 20))
    while (( $(grep -c '^finished$' $out || true) < $1 )); do
        if (( EPOCHSECONDS > end )); then
            print -u 2 "zsh did not answer"
            return 1
        fi
        while zpty -r -t shell ignored; do :; done
        zselect -t 1 || true
    done
}

zpty shell zsh -f -i
{
    zpty -w shell ". ${(q)out}.setup"
    integer lines=1
    await $lines
    while IFS= read -r line; do
        zpty -w -n shell $line$'\t\x18'
        lines+=1
        await $lines
    done
} always {
    zpty -d shell
}
