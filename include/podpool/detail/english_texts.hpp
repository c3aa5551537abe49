// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <clocale>

namespace podpool::detail {

/// While it lives, the client library and the C library write their texts in English on this thread, whatever
/// language the process speaks and whatever LANGUAGE says. The process's own locale and its other threads
/// stay as they are.
///
/// It belongs to a thread: no coroutine may be suspended, and no handler of a user may run, while it lives.
class english_texts {
public:
    english_texts() noexcept : before_(uselocale(english())) {}
    english_texts(const english_texts&) = delete;
    english_texts& operator=(const english_texts&) = delete;
    ~english_texts() { uselocale(before_); }

private:
    /// Made once and never freed: a thread may use it to its end.
    static locale_t english() noexcept {
        static const locale_t made = newlocale(LC_ALL_MASK, "C", static_cast<locale_t>(nullptr));
        return made;
    }

    locale_t before_;
};

}  // namespace podpool::detail
