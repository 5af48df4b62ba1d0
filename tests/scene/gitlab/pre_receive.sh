#!/bin/sh
# Lines of `protected`: pattern, level that pushes, 1 if history may be rewritten, deploy keys as ",1,2,".
# GITLAB_ROLE is the level of who pushes; GITLAB_KEY the deploy key, if it is one.
zero=0000000000000000000000000000000000000000

refuse() {
    echo "GitLab: $1" >&2
    exit 1
}

while read -r old new ref; do
    case "$ref" in
        refs/heads/*) branch=${ref#refs/heads/} ;;
        *) continue ;;
    esac
    protected=no
    allowed=no
    rewrite=yes
    [ -e protected ] && while read -r pattern level force keys; do
        # shellcheck disable=SC2254 # the pattern is one
        case "$branch" in
            $pattern) protected=yes ;;
            *) continue ;;
        esac
        [ "$force" = 1 ] || rewrite=no
        if [ -n "$GITLAB_KEY" ]; then
            case "$keys" in *",$GITLAB_KEY,"*) allowed=yes ;; esac
        elif [ "$level" -gt 0 ] && [ "${GITLAB_ROLE:-0}" -ge "$level" ]; then
            allowed=yes
        fi
    done < protected
    [ $protected = yes ] || continue
    [ $allowed = yes ] || refuse "You are not allowed to push code to protected branches on this project."
    [ "$new" != $zero ] || refuse "You can only delete protected branches using the web interface."
    if [ "$old" != $zero ] && [ $rewrite = no ] && ! git merge-base --is-ancestor "$old" "$new"; then
        refuse "You are not allowed to force push code to a protected branch on this project."
    fi
done
exit 0
