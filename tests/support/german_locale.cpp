// SPDX-License-Identifier: BSL-1.0
#include "german_locale.hpp"

#include "child_process.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace podpool::test {

namespace {

std::string quoted(const std::string& text) {
    std::string shown = "\"";
    for (const char c : text) {
        if (c == '\n') {
            shown += "\\n";
            continue;
        }
        if (c == '"' || c == '\\') shown += '\\';
        shown += c;
    }
    return shown + "\"";
}

}  // namespace

german_locale::german_locale() : directory_(make_temporary_directory("podpool-locale-")) {
    // A server that runs as another user reads it, too.
    std::filesystem::permissions(directory_, std::filesystem::perms(0755));
    run_child({"localedef", "-i", "de_DE", "-f", "UTF-8", directory_ + "/" + name});
    setenv("LOCPATH", directory_.c_str(), 1);
}

german_locale::~german_locale() {
    unsetenv("LOCPATH");
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

bool german_locale::available(std::string& why) {
    if (!std::filesystem::exists("/usr/share/i18n/locales/de_DE")) {
        why = "no source of the locale de_DE (Debian's package locales)";
        return false;
    }
    try {
        run_child({"localedef", "--version"});
        run_child({"msgfmt", "--version"});
        return true;
    } catch (const std::runtime_error& problem) {
        why = std::string("localedef or msgfmt (Debian's packages libc-bin and gettext) don't run here: ") +
              problem.what();
        return false;
    }
}

void german_locale::translate(const std::string& domain, const texts& catalogue) const {
    std::string source = "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\n";
    for (const auto& [english, german] : catalogue) {
        source += "msgid " + quoted(english) + "\nmsgstr " + quoted(german) + "\n";
    }
    const std::string target = directory_ + "/de/LC_MESSAGES";
    std::filesystem::create_directories(target);
    write_text(target + "/" + domain + ".po", source);
    run_child({"msgfmt", "-o", target + "/" + domain + ".mo", target + "/" + domain + ".po"});
}

}  // namespace podpool::test
