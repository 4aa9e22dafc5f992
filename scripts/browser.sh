#!/bin/sh
# Page tests need Chromium and a font with Chinese characters. Root gets them from Debian; others get a loud note.
set -u

chromium=no
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null 2>&1 && chromium=yes
done
font=no
[ -n "$(fc-list :lang=zh family 2>/dev/null | head -1)" ] && font=yes

wanted=""
[ $chromium = yes ] || wanted="chromium"
[ $font = yes ] || wanted="$wanted fontconfig fonts-noto-cjk"
[ -n "$wanted" ] || exit 0

note() {
    echo "**********************************************************************" >&2
    echo "* Missing:$1" >&2
    echo "* Tests of pages that need it are SKIPPED. To run them, install:" >&2
    echo "*   apt-get install $wanted" >&2
    echo "**********************************************************************" >&2
}

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "setup: $wanted from the system's packages"
    # shellcheck disable=SC2086 # a list of words
    if apt-get update -qq >/dev/null 2>&1 &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted >/dev/null 2>&1; then
        exit 0
    fi
    note " $wanted (apt-get could not install it)"
else
    note " $wanted (only root may install it)"
fi
exit 0
