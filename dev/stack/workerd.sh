#!/bin/sh
# Replaces workerd: writes its process id to a file, then becomes workerd.
# Ctrl-C reaches every process of the terminal. Only Node handles it, and stops workerd in order.
trap '' INT
echo $$ >"$LICENZY_WORKERD_PID_FILE"
exec "$LICENZY_WORKERD" "$@"
