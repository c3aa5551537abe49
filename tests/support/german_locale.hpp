// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <locale>
#include <string>
#include <utility>
#include <vector>

namespace podpool::test {

/// A German locale for this process and its children, with catalogues of translated texts; made by localedef
/// and msgfmt in a directory of its own, whatever locales and translations the machine has.
///
/// Made before the first message of a library is asked for, since libraries look for their catalogues once.
/// Thread safety: one thread at a time, and none else that reads the environment.
class german_locale {
public:
    /// Texts in English and in German, as printf takes them.
    using texts = std::vector<std::pair<std::string, std::string>>;

    /// What setlocale and a server's lc_messages call it.
    static constexpr const char* name = "de_DE.UTF-8";

    /// Makes the locale and sets LOCPATH. Throws std::runtime_error.
    german_locale();
    german_locale(const german_locale&) = delete;
    german_locale& operator=(const german_locale&) = delete;
    ~german_locale();

    /// Whether the commands and the locale's source are here; if not, `why` says what is missing.
    static bool available(std::string& why);

    /// Writes the catalogue of a text domain, below directory().
    void translate(const std::string& domain, const texts& catalogue) const;
    [[nodiscard]] const std::string& directory() const { return directory_; }

private:
    std::string directory_;
};

/// While it lives, the process has another locale, in C and in C++.
class process_locale {
public:
    explicit process_locale(const std::string& name) : before_(std::locale::global(std::locale(name))) {}
    process_locale(const process_locale&) = delete;
    process_locale& operator=(const process_locale&) = delete;
    ~process_locale() { std::locale::global(before_); }

private:
    std::locale before_;
};

}  // namespace podpool::test
