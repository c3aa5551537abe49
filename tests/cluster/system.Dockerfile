# SPDX-License-Identifier: BSL-1.0
# What the cluster itself runs in pods: CoreDNS, and `sleep`, which holds the network of each pod. Build it in the
# directory of the program coredns.
ARG BASE_IMAGE=debian:trixie-slim
FROM ${BASE_IMAGE}
COPY coredns /usr/local/bin/coredns
CMD ["sleep", "infinity"]
