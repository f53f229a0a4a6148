#!/bin/sh
# A shell on the console without line editing: the editing of busybox asks the terminal where its cursor is, and that
# question would stand in every console log. The terminal driver echoes, erases and interrupts as usual.
trap : INT
while :; do
  printf 'tiny# '
  read -r line
  case $? in
    0) eval "$line" ;;
    1) exit ;;
    *) echo ;;
  esac
done
