// SPDX-License-Identifier: BSL-1.0
#include "check.hpp"
#include "pool_model.hpp"

using namespace podpool;
using namespace podpool::properties;

TEST_CASE("#e #1 #5 #7 #9 #10 #38 whatever happens to a pool, counts, order and promises hold") {
    check_property("a random life", 10'000, [] {
        const pool_shape shape = *pool_shapes();
        const std::vector<command> life = *commands();
        pool_model model(shape);
        for (const command& next : life) model.apply(next);
        model.finish();
    });
}

TEST_CASE("#8 #16 #22 after any history everybody is served and the minimum is kept once all is well") {
    check_property("a random life, then recovery", 3000, [] {
        const pool_shape shape = *pool_shapes();
        const std::vector<command> life = *commands();
        pool_model model(shape);
        for (const command& next : life) model.apply(next);
        model.recover();
        model.finish();
    });
}
