# shellcheck shell=bash
# Sourced by up, down and status of this server, after state.sh: storage servers in user space, all on loopback.
export state=$SPAWNKIT_LAB/storage
export nbd_port=13809
export iscsi_portal=127.0.0.1:13260
export iscsi_control=77
export iqn=iqn.2026-11.test.spawnkit:lab
export nfs_port=12049
export http_port=13811
# In the order of their start; `down` goes backwards. The port mapper may be the host's own.
export servers='nbd tgtd rpcbind ganesha httpd'

tgt() { tgtadm --control-port "$iscsi_control" --lld iscsi "$@"; }

listens() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Whether all that were started live and answer.
all_answer() {
  local name
  for name in $servers; do
    [ "$name" = rpcbind ] || ours "$state/$name.pid" >/dev/null || return 1
  done
  listens 111 && listens "$nbd_port" && listens "${iscsi_portal##*:}" && listens "$nfs_port" && listens "$http_port"
}
