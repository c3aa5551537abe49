// SPDX-License-Identifier: BSL-1.0
#include "cli/render.hpp"

#include "cli/json.hpp"
#include "cli/screen.hpp"
#include "cli/utf8.hpp"
#include "support/catch.hpp"

#include <boost/json/parse.hpp>

#include <chrono>
#include <sstream>
#include <string>
#include <vector>

namespace cli = podpool::cli;
using lines = std::vector<std::string>;

TEST_CASE("a table's columns are as wide as their widest cell, numbers to the right") {
    cli::text_table table({cli::column("NAME"), cli::column("N", cli::align::right), cli::column("LAST")});
    table.add({"a", "7", ""});
    table.add({"longer", "1234", "x"});
    CHECK(table.lines() == lines{"NAME       N  LAST", "a          7", "longer  1234  x"});
    CHECK(cli::joined(table.lines()) == "NAME       N  LAST\na          7\nlonger  1234  x\n");
}

TEST_CASE("texts of others go on one line") {
    CHECK(cli::one_line("FATAL:  no\n\tpassword\x1b[2J\x7f") == "FATAL:  no  password [2J ");
    CHECK(cli::one_line("a\xc2\x9b"
                        "31mred\xc2\x80") == "a 31mred ");
    CHECK(cli::one_line("caf\xe9 \x9b 2J\xff\xc3") ==
          "caf\xef\xbf\xbd \xef\xbf\xbd 2J\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(cli::one_line("gr\xc3\xbc\xc3\x9f"
                        "e") ==
          "gr\xc3\xbc\xc3\x9f"
          "e");
    const podpool::endpoint where("127.0.0.1", 5432);
    CHECK(cli::error_line("127.0.0.1:5432: FATAL\nno", where) == "FATAL no");
    CHECK(cli::error_line("127.0.0.2:5432: FATAL", where) == "127.0.0.2:5432: FATAL");
    CHECK(cli::or_dash("") == "-");
    CHECK(cli::or_dash("x") == "x");
}

TEST_CASE("numbers and moments are written for reading") {
    CHECK(cli::decimal(1.005, 1) == "1.0");
    CHECK(cli::decimal(0, 2) == "0.00");
    CHECK(cli::count_text(1, "error") == "1 error");
    CHECK(cli::count_text(0, "error") == "0 errors");
    CHECK(cli::time_stamp(std::chrono::system_clock::time_point(std::chrono::seconds(1'000'000'000))) ==
          "2001-09-09T01:46:40Z");
    CHECK(cli::seconds(std::chrono::milliseconds(1500)) == 1.5);
    CHECK(cli::microseconds(std::chrono::nanoseconds(1500)) == 1.5);
}

TEST_CASE("JSON is valid, on one line and without exponents") {
    boost::json::object object;
    object["text"] = "quote \" and\nline";
    object["number"] = cli::rounded(1234.56789);
    object["whole"] = 7;
    object["double"] = 7.0;
    object["nothing"] = cli::json_or_null("");
    object["list"] = boost::json::array{true, "x", boost::json::object{}};
    const std::string text = cli::json_text(object);
    CHECK(
        text ==
        R"({"text":"quote \" and\nline","number":1234.568,"whole":7,"double":7.0,"nothing":null,"list":[true,"x",{}]})");
    CHECK(boost::json::parse(text) == boost::json::value(object));
}

TEST_CASE("JSON holds no character that a terminal acts on") {
    CHECK(cli::json_text(boost::json::object{{"said",
                                              "a\x7f"
                                              "b\xc2\x9b"
                                              "c\xc2\xa0"
                                              "d\x1b\n"}}) ==
          "{\"said\":\"a\\u007fb\\u009bc\xc2\xa0"
          "d\\u001b\\n\"}");
}

TEST_CASE("JSON is UTF-8 whatever a server's encoding is") {
    const std::string text = cli::json_text(boost::json::object{{"er\xfcr", "caf\xe9"}});
    CHECK(text == "{\"er\xef\xbf\xbdr\":\"caf\xef\xbf\xbd\"}");
    CHECK_NOTHROW(boost::json::parse(text));
}

TEST_CASE("a frame is cut to the terminal, never inside a character") {
    const lines all{"12345678", "abc", "d", "e"};
    CHECK(cli::fitted(all, {5, 80}) == all);
    CHECK(cli::fitted(all, {4, 4}) == lines{"1234", "abc", "... "});
    CHECK(cli::fitted(all, {4, 20}) == lines{"12345678", "abc", "... 2 more"});
    CHECK(cli::fitted({"a\xc3\xbc"}, {5, 2}) == lines{"a"});
    CHECK(cli::fitted(all, {1, 80}) == lines{"... 4 more"});
}

TEST_CASE("a frame replaces the last one on a terminal and follows it elsewhere") {
    std::ostringstream terminal;
    cli::screen redrawn(terminal, true);
    redrawn.show({"a", "b"});
    redrawn.show({"c"});
    CHECK(terminal.str() == "\r\x1b[Ja\nb\n\x1b[2A\r\x1b[Jc\n");

    std::ostringstream file;
    cli::screen appended(file, false);
    appended.show({"a", "b"});
    appended.show({"c"});
    CHECK(file.str() == "a\nb\n\nc\n");
}
