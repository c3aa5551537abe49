// SPDX-License-Identifier: BSL-1.0
// Gives a target every file of the folders named: the inputs that are kept, without libFuzzer.
#include "target.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

int main(int count, char** arguments) {
    std::size_t played = 0;
    for (int index = 1; index < count; ++index) {
        for (const auto& entry : std::filesystem::directory_iterator(arguments[index])) {
            std::ifstream file(entry.path(), std::ios::binary);
            const std::string input((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
            if (!file) {
                std::cerr << "can't read " << entry.path() << '\n';
                return 1;
            }
            std::cout << entry.path() << '\n' << std::flush;
            LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
            ++played;
        }
    }
    if (played == 0) {
        std::cerr << "usage: replay FOLDER...: folders with at least one input\n";
        return 2;
    }
    return 0;
}
