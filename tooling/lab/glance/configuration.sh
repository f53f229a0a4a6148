# shellcheck shell=bash
# Sourced by `up`: writes the service's configuration.
# shellcheck disable=SC2154 # state, conf, port, python come from service.sh

# write_configuration BACKENDS DEFAULT
write_configuration() {
  cat >"$conf" <<CONF
[DEFAULT]
bind_host = 127.0.0.1
bind_port = $port
workers = 0
log_file = $state/glance-api.log
show_image_direct_url = true
show_multiple_locations = true
enabled_backends = $1
enabled_import_methods = [glance-direct,copy-image]
[database]
connection = sqlite:///$state/glance.db
[glance_store]
default_backend = $2
[file]
filesystem_store_datadir = $state/images
[rbd]
rbd_store_ceph_conf = $SPAWNKIT_LAB/ceph/ceph.conf
rbd_store_pool = images
rbd_store_user = glance
rbd_store_chunk_size = 8
[os_glance_staging_store]
filesystem_store_datadir = $state/staging
[os_glance_tasks_store]
filesystem_store_datadir = $state/tasks
[oslo_concurrency]
lock_path = $state/locks
[oslo_policy]
policy_file = $state/policy.yaml
enforce_scope = false
enforce_new_defaults = false
[paste_deploy]
config_file = /etc/glance/glance-api-paste.ini
CONF
}

# Without an identity service nobody has a role, and every rule that asks for one says no.
write_policy() {
  "$python" -W ignore -c 'from glance import policies
for rule in policies.list_rules(): print("\"%s\": \"@\"" % rule.name)' >"$state/policy.yaml"
}
