// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

// What a kube-apiserver 1.35 sends to one who may list and watch EndpointSlices: the Service db in the
// namespace prod, with the pods db-0, db-1 and db-2 on two nodes in two zones.
namespace recorded {

/// The metadata of a slice, as the endpointslice controller writes it.
inline std::string metadata(const std::string& version) {
    return R"({"name":"db-r2mdz","generateName":"db-","namespace":"prod",)"
           R"("uid":"7f1c0a51-2a8e-4a35-9d53-3f5c4a5be8f1","resourceVersion":")" +
           version +
           R"(","generation":4,"creationTimestamp":"2026-11-29T08:12:31Z","labels":{)"
           R"("endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io",)"
           R"("kubernetes.io/service-name":"db","service.kubernetes.io/headless":""},)"
           R"("annotations":{"endpoints.kubernetes.io/last-change-trigger-time":"2026-11-29T08:12:41Z"},)"
           R"("ownerReferences":[{"apiVersion":"v1","kind":"Service","name":"db",)"
           R"("uid":"b1d7b7a6-53a4-4b59-8a60-2f7f4c2f7f0e","controller":true,"blockOwnerDeletion":true}],)"
           R"("managedFields":[{"manager":"kube-controller-manager","operation":"Update",)"
           R"("apiVersion":"discovery.k8s.io/v1","time":"2026-11-29T08:12:41Z","fieldsType":"FieldsV1",)"
           R"("fieldsV1":{"f:addressType":{},"f:endpoints":{},"f:metadata":{"f:annotations":{".":{},)"
           R"("f:endpoints.kubernetes.io/last-change-trigger-time":{}},"f:labels":{".":{},)"
           R"("f:kubernetes.io/service-name":{}}},"f:ports":{}}}]})";
}

inline const std::string db0 =
    R"({"addresses":["10.77.1.1"],"conditions":{"ready":true,"serving":true,"terminating":false},)"
    R"("hostname":"db-0","targetRef":{"kind":"Pod","namespace":"prod","name":"db-0",)"
    R"("uid":"0a6e8a3b-5d0e-4c39-9c2b-65a1c0a4b0d0"},"nodeName":"fake-a","zone":"zone-a"})";

inline const std::string db1_terminating =
    R"({"addresses":["10.77.1.2"],"conditions":{"ready":false,"serving":true,"terminating":true},)"
    R"("hostname":"db-1","targetRef":{"kind":"Pod","namespace":"prod","name":"db-1",)"
    R"("uid":"1b7f9b4c-6e1f-4d4a-8d3c-76b2d1b5c1e1"},"nodeName":"fake-b","zone":"zone-b"})";

/// A slice of the Service without what the recorded ones have around it.
inline std::string slice(const std::string& version, const std::string& endpoints,
                         const std::string& ports = R"([{"name":"postgres","protocol":"TCP","port":5432}])") {
    return R"({"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1","metadata":)" + metadata(version) +
           R"(,"addressType":"IPv4","endpoints":)" + endpoints + R"(,"ports":)" + ports + "}";
}

/// A Service without pods.
inline std::string empty_slice(const std::string& version) { return slice(version, "null", "null"); }

/// An item of a list: kind and version are the list's.
inline std::string list() {
    return R"({"kind":"EndpointSliceList","apiVersion":"discovery.k8s.io/v1",)"
           R"("metadata":{"resourceVersion":"237"},)"
           R"("items":[{"metadata":)" +
           metadata("236") + R"(,"addressType":"IPv4","endpoints":[)" + db0 +
           R"(],"ports":[{"name":"postgres","protocol":"TCP","port":5432}]}]})";
}

inline std::string event(const std::string& type, const std::string& object) {
    return R"({"type":")" + type + R"(","object":)" + object + "}";
}

inline std::string modified() {
    return event("MODIFIED", slice("250", "[" + db0 + "," + db1_terminating + "]"));
}

inline const std::string bookmark =
    R"({"type":"BOOKMARK","object":{"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1",)"
    R"("metadata":{"resourceVersion":"262"},"addressType":"","endpoints":null,"ports":null}})";

inline const std::string initial_events_end =
    R"({"type":"BOOKMARK","object":{"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1",)"
    R"("metadata":{"resourceVersion":"267","annotations":{"k8s.io/initial-events-end":"true"}},)"
    R"("addressType":"","endpoints":null,"ports":null}})";

inline const std::string expired =
    R"({"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",)"
    R"-("message":"too old resource version: 279 (280)","reason":"Expired","code":410}})-";

inline const std::string unauthorized =
    R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized",)"
    R"("reason":"Unauthorized","code":401})";

inline const std::string forbidden =
    R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"endpointslices)"
    R"(.discovery.k8s.io )"
    R"(is forbidden: User \"system:serviceaccount:prod:app\" cannot list)"
    R"( resource \"endpointslices\" in API group )"
    R"(\"discovery.k8s.io\" in the namespace \"default\"","reason":"Forbidden","details":{"group":)"
    R"("discovery.k8s.io","kind":"endpointslices"},"code":403})";

inline const std::string version_too_large =
    R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Timeout: )"
    R"(Too large resource )"
    R"(version: 99999999, current: 252","reason":"Timeout",)"
    R"("details":{"causes":[{"reason":"ResourceVersionTooLarge",)"
    R"("message":"Too large resource version"}],"retryAfterSeconds":1},"code":504})";

}  // namespace recorded
