#!/bin/sh
# What a deploy key is let in for. $1 is the folder of the door, $2 the number of the key;
# the lines of keys/$2 are: path of a project, its repository, `push` or `read`.
case "$SSH_ORIGINAL_COMMAND" in
    "git-upload-pack "*) verb=upload-pack ;;
    "git-receive-pack "*) verb=receive-pack ;;
    *)
        echo "Welcome to GitLab!"
        exit 0
        ;;
esac
asked=${SSH_ORIGINAL_COMMAND#* }
asked=${asked#\'}
asked=${asked%\'}
asked=${asked#/}
asked=${asked%.git}
while read -r path repository right <&3; do
    [ "$path" = "$asked" ] || continue
    if [ "$verb" = receive-pack ] && [ "$right" != push ]; then
        echo "ERROR: This deploy key does not have write access to this project." >&2
        exit 1
    fi
    exec 3<&-
    HOME=$1 GIT_CONFIG_NOSYSTEM=1 GITLAB_KEY=$2 exec git "$verb" "$repository"
done 3< "$1/keys/$2"
echo "ERROR: The project you were looking for could not be found or you don't have permission to view it." >&2
exit 1
