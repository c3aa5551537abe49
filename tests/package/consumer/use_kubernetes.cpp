// SPDX-License-Identifier: BSL-1.0
#include <podpool/discovery/kubernetes_source.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdio>

int main() {
    // Nothing listens there: this is about compiling, linking and starting.
    boost::asio::io_context context;
    podpool::options settings;
    settings.kubernetes_api = "http://127.0.0.1:1";
    podpool::kubernetes_source source(context.get_executor(), {"db.prod", "", 5432}, settings);
    bool told = false;
    source.start([&](const podpool::discovery_update&) {
        told = true;
        source.stop();
    });
    context.run();
    std::printf("%s\n", told ? "no API server, as expected" : "unexpected: nothing was told");
    return told ? 0 : 1;
}
