// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/strand.hpp>

namespace podpool::detail {

/// The executor below a connection's strand. A user's handler must not run inside one of the pool's
/// strands: the pool could do nothing with the connection until the handler returns.
inline boost::asio::any_io_executor without_strand(const boost::asio::any_io_executor& executor) {
    const auto* strand = executor.target<boost::asio::strand<boost::asio::any_io_executor>>();
    return strand == nullptr ? executor : strand->get_inner_executor();
}

}  // namespace podpool::detail
