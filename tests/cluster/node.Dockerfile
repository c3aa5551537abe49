# SPDX-License-Identifier: BSL-1.0
# A Kubernetes node: what kubelet and kube-proxy call, and what a person looks around with. The programs of Kubernetes
# are mounted. Build it from tests/cluster/.
ARG BASE_IMAGE=debian:trixie-slim
FROM ${BASE_IMAGE}
# Given to apt-get, such as --option=Acquire::Check-Valid-Until=false for a mirror that keeps an old day's packages.
ARG APT_OPTIONS=
RUN printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d \
    && apt-get -q $APT_OPTIONS update && DEBIAN_FRONTEND=noninteractive apt-get -q $APT_OPTIONS install --yes --no-install-recommends \
        bind9-dnsutils ca-certificates conntrack containerd containernetworking-plugins curl ethtool iproute2 iptables \
        jq kmod mount nftables openssl postgresql-client-17 procps runc tini util-linux \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/debconf/*-old /var/log/*.log /var/log/apt/*
# Debian's psql is a Perl script that looks for the version first.
ENV PATH=/usr/lib/postgresql/17/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN for program in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl; do \
        ln -s /opt/kubernetes/kube "/usr/local/bin/$program"; \
    done
COPY node.sh objects.yaml /opt/cluster/
ENTRYPOINT ["tini", "--", "/opt/cluster/node.sh"]
CMD ["run"]
