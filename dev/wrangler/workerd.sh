#!/bin/sh
# Runs workerd with the port for debuggers that LICENZY_INSPECTOR_PORT names. wrangler takes a free port, and its own proxy
# for debuggers leads to one worker only: the one that was reloaded last.
for argument do
  shift
  case $argument in --inspector-addr=*) argument="--inspector-addr=127.0.0.1:$LICENZY_INSPECTOR_PORT" ;; esac
  set -- "$@" "$argument"
done
exec "$LICENZY_WORKERD" "$@"
