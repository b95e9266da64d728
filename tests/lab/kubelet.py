"""A node as kubeadm leaves it, as far as names go, and a kubelet that makes pods of it."""

from __future__ import annotations

from tests.lab.host import Host
from tests.lab.machine import Machine

CONFIG = "/var/lib/kubelet/config.yaml"
FLAGS = "/var/lib/kubelet/kubeadm-flags.env"
UPLINK = "/run/systemd/resolve/resolv.conf"
"""What kubeadm writes where it finds resolved at work (kubeadm, KubeletConfiguration)."""
HOST = "/etc/resolv.conf"
UNIT = "kubelet.service"
POD = "/run/kubelet/pod-resolv.conf"
"""What the last pod got."""

_CONFIG = """\
apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  anonymous:
    enabled: false
  webhook:
    cacheTTL: 0s
    enabled: true
  x509:
    clientCAFile: /etc/kubernetes/pki/ca.crt
authorization:
  mode: Webhook
  webhook:
    cacheAuthorizedTTL: 0s
    cacheUnauthorizedTTL: 0s
cgroupDriver: systemd
clusterDNS:
- 10.96.0.10
clusterDomain: cluster.local
containerRuntimeEndpoint: ""
cpuManagerReconcilePeriod: 0s
evictionPressureTransitionPeriod: 0s
fileCheckFrequency: 0s
healthzBindAddress: 127.0.0.1
healthzPort: 10248
httpCheckFrequency: 0s
imageMinimumGCAge: 0s
kind: KubeletConfiguration
logging:
  flushFrequency: 0
memorySwap: {{}}
nodeStatusReportFrequency: 0s
nodeStatusUpdateFrequency: 0s
resolvConf: {path}
rotateCertificates: true
runtimeRequestTimeout: 0s
shutdownGracePeriod: 0s
staticPodPath: /etc/kubernetes/manifests
streamingConnectionIdleTimeout: 0s
syncFrequency: 0s
volumeStatsAggPeriod: 0s
"""
TOLD = f"{CONFIG}:{_CONFIG.partition('resolvConf')[0].count(chr(10)) + 1}:13"
"""Where CONFIG names the file."""

_KUBELET = f"""\
#!/bin/sh
# Reads its configuration when it starts, and makes one pod, as kubelet does: without the
# file there is none (FailedCreatePodSandBox).
path=$(sed -n 's/^resolvConf: //p' {CONFIG})
mkdir -p /run/kubelet
cp "$path" {POD} || exit 1
echo "$path" >>/run/kubelet/started
exec sleep infinity
"""
_SERVICE = """\
[Unit]
Description=kubelet: The Kubernetes Node Agent
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
"""


def config(path: str = UPLINK) -> str:
    """Return kubelet's configuration with this resolvConf."""
    return _CONFIG.format(path=path)


def flags(*more: str) -> str:
    """Return kubeadm-flags.env with more flags."""
    words = ["--container-runtime-endpoint=unix:///var/run/containerd/containerd.sock"]
    words += ["--pod-infra-container-image=registry.k8s.io/pause:3.9", *more]
    return f'KUBELET_KUBEADM_ARGS="{" ".join(words)}"\n'


def configure(host: Host, path: str) -> None:
    """Tell kubelet on a running host another file."""
    host.write(CONFIG, config(path))
    host.write(FLAGS, flags())


def node(machine: Machine, path: str = UPLINK) -> Machine:
    """Return the same machine as a node, whose kubelet starts with it and hands on this file."""
    machine = machine.having(CONFIG, config(path), 0o644).having(FLAGS, flags(), 0o644)
    machine = machine.having("/usr/bin/kubelet", _KUBELET, 0o755)
    machine = machine.having(f"/etc/systemd/system/{UNIT}", _SERVICE)
    wanted = f"/etc/systemd/system/multi-user.target.wants/{UNIT}"
    return machine.linked(wanted, f"/etc/systemd/system/{UNIT}")


def started(host: Host) -> list[str]:
    """Return the resolvConf of each of kubelet's starts since the boot."""
    path = "/run/kubelet/started"
    return host.read(path).split() if host.exists(path) else []
