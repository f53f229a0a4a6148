# shellcheck shell=dash
# The end of every start, in the root disk or in the initramfs: user data, servers, a shell on the console.

finish() {
  run_user_data
  mkdir -p /run/www
  hostname >/run/www/index.html
  httpd -p 80 -h /run/www
  nc -ll -p 2323 -e /bin/sh &
  acpid -l /run/acpid.log
  read -r uptime _ </proc/uptime
  echo "TINY-READY $uptime"
  if grep -qw tinyoff /proc/cmdline; then
    sync
    poweroff -f
  fi
  serve_console
}

run_user_data() {
  script=/run/config/openstack/latest/user_data
  [ -f "$script" ] || return 0
  if [ "$(head -c 2 "$script")" != '#!' ]; then
    echo TINY-USERDATA-IS-NO-SCRIPT
    return
  fi
  cp "$script" /run/user_data
  chmod 700 /run/user_data
  echo TINY-USERDATA-BEGIN
  /run/user_data </dev/null 2>&1
  status=$?
  echo TINY-USERDATA-END
  echo "TINY-USERDATA-STATUS $status"
}

# A new shell when one ends; the pause spares the processor where the console gives nothing but its end.
serve_console() {
  export TERM=dumb HOME=/root
  while :; do
    setsid cttyhack /lib/tiny/console.sh
    sleep 1
  done
}
