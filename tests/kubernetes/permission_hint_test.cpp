// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/permission_hint.hpp"

#include "discovery/kubernetes/status_reader.hpp"

#include "kubernetes/recorded.hpp"
#include "support/catch.hpp"

using podpool::detail::permission_hint;
using podpool::detail::status_of_answer;

namespace {

std::string hint_for_account(const std::string& account) {
    return permission_hint({403, "Forbidden", "User \"" + account + "\" cannot list resource", {}, {}},
                           "data");
}

bool names_account(const std::string& hint, const std::string& account) {
    return hint.ends_with(" --serviceaccount=" + account);
}

}  // namespace

TEST_CASE("a refusal leads to the commands that give the permission") {
    CHECK(
        permission_hint(status_of_answer(403, recorded::forbidden), "default") ==
        "kubectl --namespace default create role podpool --verb=list,watch "
        "--resource=endpointslices.discovery.k8s.io; kubectl --namespace default create rolebinding podpool "
        "--role=podpool --serviceaccount=prod:app");
}

TEST_CASE("an account that can't be named is left to whoever reads it") {
    for (const char* account :
         {"system:anonymous", "admin", "system:serviceaccount:prod",
          "system:serviceaccount:prod:", "system:serviceaccount::app", "system:serviceaccount:prod:a;reboot",
          "system:serviceaccount:prod:$(x)", "system:serviceaccount:prod:a b"}) {
        CAPTURE(account);
        CHECK(names_account(hint_for_account(account), "NAMESPACE:SERVICEACCOUNT"));
    }
    CHECK(names_account(hint_for_account("system:serviceaccount:shop:app-1"), "shop:app-1"));
    CHECK(names_account(permission_hint({403, "", "", {}, {}}, "data"), "NAMESPACE:SERVICEACCOUNT"));
}
