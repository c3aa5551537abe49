// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/discovery/target.hpp>
#include <podpool/discovery_source.hpp>
#include <podpool/options.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <vector>

namespace podpool {

/// Makes the source that a host list and the options ask for (`pool_discovery`).
///
/// - `automatic` and `dns`: names are resolved, everything else is a fixed endpoint; a mix is their union.
/// - `srv`: the same with SRV records, which bring the ports.
/// - `kubernetes`: the only entry is a Service, whose endpoints come from a Kubernetes API server; DNS serves
///   until that has answered, unless `kubernetes_fallback` says no.
/// - `fixed`: no name may be among the targets.
///
/// Fixed are literal addresses, entries with an address of their own, socket directories and `localhost`
/// (which is 127.0.0.1: one server must be one endpoint). docs/discovery.md has the rules for names.
/// `executor` is what the source runs on; it may be multi-threaded.
/// Returns a source that is not started. Throws podpool::error (errc::invalid_options) that names the
/// entry which is no name and no address, which a fixed list must not have, or which has no port; or that
/// says what of Kubernetes is missing, in this build or in the environment.
std::unique_ptr<discovery_source> make_discovery_source(const boost::asio::any_io_executor& executor,
                                                        const std::vector<discovery_target>& targets,
                                                        const options& settings);

}  // namespace podpool
