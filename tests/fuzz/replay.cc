// Feeds a fuzz target with a corpus and with mutations of it, always the same
// ones. Finds what was found before, and the shallow rest; the libFuzzer build
// finds the deep.
//
//   TARGET CORPUS_DIRECTORY [MUTATIONS]
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);

namespace {

void feed(const std::string& bytes) {
  const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

std::string mutated(std::string bytes, std::mt19937& dice) {
  for (unsigned steps = 1 + (dice() % 4); steps > 0; --steps) {
    if (bytes.empty()) {
      bytes.push_back(static_cast<char>(dice()));
      continue;
    }
    const std::size_t at = dice() % bytes.size();
    switch (dice() % 4) {
      case 0:
        bytes[at] = static_cast<char>(dice());
        break;
      case 1:
        bytes.erase(at, 1 + (dice() % 8));
        break;
      case 2:
        bytes.insert(at, 1, static_cast<char>(dice()));
        break;
      default:
        bytes.resize(at);
        break;
    }
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::vector<std::string> seeds{""};
  if (std::filesystem::is_directory(argv[1])) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
      std::ifstream file(entry.path(), std::ios::binary);
      seeds.emplace_back(std::istreambuf_iterator<char>(file),
                         std::istreambuf_iterator<char>());
    }
  }
  const long mutations = argc > 2 ? std::strtol(argv[2], nullptr, 10) : 3000;
  std::mt19937 dice(42);  // NOLINT(cert-msc51-cpp,cert-msc32-c): repeatable
  for (const std::string& seed : seeds) feed(seed);
  for (long i = 0; i < mutations; ++i) {
    feed(mutated(seeds[dice() % seeds.size()], dice));
  }
  std::printf("%zu seeds, %ld mutations\n", seeds.size(), mutations);
  return 0;
}
