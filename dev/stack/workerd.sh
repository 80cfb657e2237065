#!/bin/sh
# Stands in for workerd: leaves a note of the process id, then becomes workerd.
# Ctrl-C goes to every process of the terminal; it is for the Node process, which then ends workerd in order.
trap '' INT
echo $$ >"$LICENZY_WORKERD_PID_FILE"
exec "$LICENZY_WORKERD" "$@"
