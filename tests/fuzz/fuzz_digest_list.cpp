#include <string>

#include "core/verity/digest_list.hpp"
#include "tests/fuzz/fuzz_target.hpp"

// A list of digests, as `fsverity digest` prints one: DigestList::add.

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using coldread::fuzz::require;
  coldread::fuzz::Input input(data, size);
  const std::string text = input.rest().str();
  coldread::verity::DigestList list;
  const auto added = list.add(text, "list");
  if (!added) {
    require(added.error().message().find("list line ") != std::string::npos, "an error names its line");
    return 0;
  }
  for (const auto& [path, listed] : list.entries()) {
    require(!path.empty() && listed.digest.size() == coldread::verity::digest_size(listed.algorithm),
            "a listed digest has the size of one");
    require(list.find("/" + path) == &listed, "what is listed is found");
  }
  require(list.add(text, "list").has_value(), "a list does not contradict itself");
  return 0;
}
