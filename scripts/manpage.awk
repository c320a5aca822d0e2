# Makes a manual page of what a daemon says of itself, so that the two never disagree:
#
#     api-server --help | awk -v version=0.1.0 -f scripts/manpage.awk

function plain(text)
{
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    sub(/^[.']/, "\\\\\\&&", text)
    return text
}

NR == 1 {
    name = substr($0, 1, index($0, ":") - 1)
    about = substr($0, index($0, ":") + 2)
    printf ".TH %s 8 \"\" \"ChatApp %s\" \"ChatApp\"\n", toupper(plain(name)), version
    printf ".SH NAME\n%s \\- %s\n", plain(name), plain(about)
    printf ".SH SYNOPSIS\n.B %s\n[\\fB\\-\\-\\fISETTING\\fR \\fIVALUE\\fR]...\n", plain(name)
    print ".SH DESCRIPTION"
    print "One of the four daemons of ChatApp, which share nothing but Redis."
    print "Every setting is a flag and an environment variable; the flag beats the variable, and that the default."
    print "As a service it reads the variables from the files under FILES."
    print ".SH SETTINGS"
    next
}

# "  --flag VALUE   what it does", and below it the variable and the default.
/^  --/ {
    flag = $0
    help = ""
    if (match($0, /[^ ]  +/) && RSTART > 3) {
        at = match(substr($0, 3), /  +/)
        if (at > 0) {
            flag = substr($0, 1, at + 1)
            help = substr($0, at + 2)
        }
    }
    sub(/^ +/, "", flag)
    sub(/^ +/, "", help)
    printf ".TP\n.B %s\n", plain(flag)
    if (help != "")
        print plain(help)
    next
}
/^ +CHATAPP_/ {
    sub(/^ +/, "")
    printf ".br\n(%s)\n", plain($0)
}

END {
    print ".SH FILES"
    print ".TP\n.I /etc/chatapp/chatapp.env\nVariables for all daemons."
    printf ".TP\n.I /etc/chatapp/%s.env\nAnd for this one.\n", plain(name)
    print ".SH SIGNALS"
    print "SIGTERM and SIGINT drain: /readyz turns 503, no connection is taken any more, and what was taken is finished."
    print ".SH EXIT STATUS"
    print "0 after a drain; 1 when it cannot work; 2 when a setting is bad, which standard error names."
}
