#!/usr/bin/env bash
# From an empty Debian to the first letter, by the commands of docs/deployment.md themselves, in a closed network: as root
#   debootstrap --variant=minbase --include=python3,python3-venv,make,procps,passwd,openssl bookworm ROOT
#   make wheels WHEELS=WHEELS
#   tests/scale/clean_root.sh ROOT WHEELS
# The root sees no network but its own loopback. There is no systemd in it: the units' own ExecStart lines are started as their user.
# The databases are SQLite and the mailbox is local; what stands in the environment file for others' servers is filled in so.
set -euo pipefail
root=$(realpath "$1") wheels=$(realpath "$2") here=$(realpath "$(dirname "$0")/../..")

if [ -z "${QIANLIYAN_CLEAN_ROOT:-}" ]; then
  exec env QIANLIYAN_CLEAN_ROOT=1 unshare --mount --net --pid --fork "$0" "$root" "$wheels"
fi
ip link set lo up
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs tmpfs "$root/tmp"
install -d "$root/media/wheels" "$root/root/qianliyan"
mount --bind -o ro "$wheels" "$root/media/wheels"
git -C "$here" archive HEAD | tar -x -C "$root/root/qianliyan"

# The indented lines of a section, as a person would type them.
commands() { sed -n "/^## $1/,/^## /{s/^    //p}" "$here/docs/deployment.md"; }

cat > "$root/tmp/install.sh" <<INSTALL
set -euo pipefail
umask 022
cd /root/qianliyan
$(commands Installing | sed '/^run() /,$d')
python=/opt/qianliyan/.venv/bin/python
secret() { \$python -c 'import secrets; print(secrets.token_hex(32))'; }
fernet=\$(\$python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())')
sed -i -e "s|^AIRFLOW__CORE__FERNET_KEY=.*|&\$fernet|" \
  -e "s|^AIRFLOW__API__SECRET_KEY=.*|&\$(secret)|" -e "s|^AIRFLOW__API_AUTH__JWT_SECRET=.*|&\$(secret)|" \
  -e '/^AIRFLOW__DATABASE__/d' \
  -e "s|^AIRFLOW_CONN_SUPERVISION_DB=.*|AIRFLOW_CONN_SUPERVISION_DB='{\"conn_type\": \"sqlite\", \"host\": \"var/supervision.db\"}'|" \
  -e "s|^AIRFLOW_CONN_MAIL_SERVER=.*|AIRFLOW_CONN_MAIL_SERVER='{\"conn_type\": \"smtp\", \"host\": \"127.0.0.1\", \"port\": 8025, \"extra\": {\"security\": \"none\", \"sender\": \"dudu@example.internal\"}}'|" \
  -e "s|^AIRFLOW_CONN_MINISTRY_PLATFORM=.*|AIRFLOW_CONN_MINISTRY_PLATFORM='{\"conn_type\": \"generic\", \"host\": \"var/region\", \"extra\": {\"kind\": \"files\"}}'|" \
  /etc/qianliyan/environment
echo ARGUMENTS=--skip-serve-logs > /etc/qianliyan/scheduler.environment
$(commands Installing | sed -n '/^run() /,/^systemctl/p' | sed '/^systemctl/d')
run python -m include simulate --start 2020-03-01 --end 2020-03-13 --to /var/lib/qianliyan/region
run python -m include mailbox --to /var/lib/qianliyan/mailbox & mailbox=\$!
started=(\$mailbox)
for name in api-server scheduler dag-processor triggerer; do
  line=\$(sed -n "s/^ExecStart=//p" /etc/systemd/system/qianliyan@.service | sed "s/%i/\$name/")
  arguments=\$(sed -n 's/^ARGUMENTS=//p' /etc/qianliyan/\$name.environment 2>/dev/null || true)
  ( ARGUMENTS=\$arguments; set -a; . /etc/qianliyan/environment; cd /opt/qianliyan; eval "exec /usr/sbin/runuser -u qianliyan -- \$line" ) > /tmp/\$name.log 2>&1 &
  started+=(\$!)
done
# A DAG that is not there yet is triggered in vain, but "unpaused" without a complaint.
trigger() { run airflow dags trigger daily_dispatch --run-id first --conf '{"period_end": "2020-03-12", "deliver": "send"}' >/dev/null 2>&1; }
for _ in \$(seq 120); do trigger && break; sleep 2; done
run airflow dags unpause --yes daily_dispatch >/dev/null
for _ in \$(seq 300); do
  state=\$(run airflow dags state daily_dispatch first 2>/dev/null | tail -1 || true)
  case "\$state" in *success*|*failed*) break;; esac
  sleep 2
done
letters=\$(find /var/lib/qianliyan/mailbox -name '*.eml' | wc -l)
echo "daily_dispatch: \$state; letters in the mailbox: \$letters"
well=0
run python -m include health || well=\$?
kill \${started[@]} 2>/dev/null || true
case "\$state" in *success*) ;; *) echo "the run did not end well" >&2; exit 1;; esac
test "\$letters" -gt 0
exit \$well
INSTALL
chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 bash /tmp/install.sh
