// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/answer_object.hpp"
#include "discovery/kubernetes/endpoint_slice.hpp"
#include "discovery/kubernetes/slice_list.hpp"

namespace podpool::detail {

/// Reads an EndpointSlice of discovery.k8s.io/v1. Unknown fields are skipped; addresses that can't be used
/// are left out with a remark. Throws malformed_answer for anything that is no EndpointSlice, and for one
/// beyond what Kubernetes allows many times over.
endpoint_slice read_slice(const answer_object& object);

/// Reads an EndpointSliceList, or a page of one, whose items say neither kind nor version. Throws
/// malformed_answer, as read_slice() does.
slice_list read_slice_list(const answer_object& object);

}  // namespace podpool::detail
