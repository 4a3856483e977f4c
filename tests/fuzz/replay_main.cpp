#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_target.hpp"

// Runs a fuzz target without libFuzzer: over each file that the arguments name or that lies in a folder they name, and
// over a fixed set of mutations of each.

namespace {

using Data = std::vector<std::uint8_t>;

constexpr unsigned kMutations = 500;
constexpr std::uint32_t kSeed = 20180531;

std::vector<std::filesystem::path> files_of(const std::vector<std::string>& arguments) {
  std::vector<std::filesystem::path> files;
  for (const std::string& argument : arguments) {
    if (!std::filesystem::is_directory(argument)) {
      files.emplace_back(argument);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argument)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Mutates inputs, the same way on every machine: the standard fixes what the engine gives, not what its distributions
/// make of it.
class Mutator {
 public:
  void mutate(Data& data) {
    for (std::size_t i = 1 + below(4); i > 0; --i) mutate_once(data);
  }

 private:
  std::size_t below(std::size_t end) { return end == 0 ? 0 : engine_() % end; }

  void mutate_once(Data& data) {
    if (data.empty()) {
      data.push_back(static_cast<std::uint8_t>(below(256)));
      return;
    }
    const std::size_t at = below(data.size());
    const std::size_t length = std::min<std::size_t>(1 + below(64), data.size() - at);
    const auto begin = data.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(7)) {
      case 0: data[at] ^= static_cast<std::uint8_t>(1u << below(8)); break;
      case 1: data[at] = static_cast<std::uint8_t>(below(256)); break;
      case 2: put_boundary(data, at); break;
      case 3: data.erase(begin, begin + static_cast<std::ptrdiff_t>(length)); break;
      case 4: data.resize(at); break;
      case 5: copy_over(data, at, length); break;
      default: insert_copy(data, at, length); break;
    }
  }

  void put_boundary(Data& data, std::size_t at) {
    static constexpr std::array<std::uint64_t, 8> kBoundaries = {0,      1,          0x7f,       0xff,
                                                                 0x8000, 0x7fffffff, 0xffffffff, ~std::uint64_t{0}};
    const std::uint64_t value = kBoundaries.at(below(kBoundaries.size()));
    const std::size_t width = std::size_t{1} << below(4);
    for (std::size_t i = 0; i < width && at + i < data.size(); ++i) {
      data[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
  }

  void copy_over(Data& data, std::size_t at, std::size_t length) {
    const std::size_t from = below(data.size() - length + 1);
    const Data piece(data.begin() + static_cast<std::ptrdiff_t>(from),
                     data.begin() + static_cast<std::ptrdiff_t>(from + length));
    std::copy(piece.begin(), piece.end(), data.begin() + static_cast<std::ptrdiff_t>(at));
  }

  void insert_copy(Data& data, std::size_t at, std::size_t length) {
    const Data piece(data.begin() + static_cast<std::ptrdiff_t>(at),
                     data.begin() + static_cast<std::ptrdiff_t>(at + length));
    const std::size_t to = below(data.size() + 1);
    data.insert(data.begin() + static_cast<std::ptrdiff_t>(to), piece.begin(), piece.end());
  }

  std::mt19937 engine_{kSeed};
};

/// The mutation that ran last is kept, so that a crash leaves its input behind.
void keep(const std::string& path, const Data& data) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  for (const std::uint8_t byte : data) file.put(static_cast<char>(byte));
}

int replay(const std::vector<std::string>& arguments) {
  const char* const last = std::getenv("COLDREAD_FUZZ_LAST");  // NOLINT(concurrency-mt-unsafe): one thread
  std::uint64_t ran = 0;
  const auto run = [&](const Data& data) {
    if (last != nullptr) keep(last, data);
    LLVMFuzzerTestOneInput(data.data(), data.size());
    ++ran;
  };
  const std::vector<std::filesystem::path> files = files_of(arguments);
  for (const std::filesystem::path& path : files) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      std::cerr << path.string() << " cannot be read\n";
      return 1;
    }
    const Data original{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    run(original);
    Mutator mutator;
    for (unsigned i = 0; i < kMutations; ++i) {
      Data mutated = original;
      mutator.mutate(mutated);
      run(mutated);
    }
  }
  std::cout << "ran " << ran << " inputs: " << files.size() << " files and " << ran - files.size()
            << " mutations of them\n";
  return ran == 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) { return replay({argv + 1, argv + argc}); }
