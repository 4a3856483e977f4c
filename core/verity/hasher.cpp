#include "core/verity/hasher.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace coldread::verity {
namespace {

struct FreeDigest {
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

Context new_context() {
  Context context(EVP_MD_CTX_new());
  if (!context) throw std::bad_alloc();
  return context;
}

/// libcrypto's calls over memory that is there fail for want of memory alone; a wrong digest must never come of it.
void must(int result) {
  if (result != 1) throw std::bad_alloc();
}

}  // namespace

/// The state after the salt, and contexts to copy it into, one for each thread that hashes at once.
class Hasher::Contexts {
 public:
  Contexts(const char* name, ByteSpan padded_salt) : salted_(new_context()) {
    const std::unique_ptr<EVP_MD, FreeDigest> digest(EVP_MD_fetch(nullptr, name, nullptr));
    must(digest ? EVP_DigestInit_ex(salted_.get(), digest.get(), nullptr) : 0);
    must(EVP_DigestUpdate(salted_.get(), padded_salt.data(), padded_salt.size()));
  }

  [[nodiscard]] const EVP_MD_CTX* salted() const { return salted_.get(); }

  [[nodiscard]] Context borrow() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return new_context();
    Context context = std::move(idle_.back());
    idle_.pop_back();
    return context;
  }

  void give_back(Context context) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(context));
  }

 private:
  Context salted_;
  std::mutex mutex_;
  std::vector<Context> idle_;
};

Hasher::Hasher(HashAlgorithm algorithm, ByteSpan salt) : algorithm_(algorithm) {
  Bytes padded(salt.begin(), salt.end());
  const std::size_t block = compression_block_size(algorithm);
  padded.resize((padded.size() + block - 1) / block * block);
  contexts_ = std::make_unique<Contexts>(algorithm == HashAlgorithm::kSha512 ? "SHA512" : "SHA256", padded);
}

Hasher::~Hasher() = default;

Bytes Hasher::hash(ByteSpan block) const {
  Bytes digest(digest_size());
  hash_blocks(block, block.size(), digest);
  return digest;
}

void Hasher::hash_blocks(ByteSpan blocks, std::size_t block_size, MutableByteSpan digests) const {
  Context context = contexts_->borrow();
  const std::size_t size = digest_size();
  for (; digests.size() >= size; digests = digests.subspan(size), blocks = blocks.subspan(block_size)) {
    must(EVP_MD_CTX_copy_ex(context.get(), contexts_->salted()));
    must(EVP_DigestUpdate(context.get(), blocks.data(), block_size));
    must(EVP_DigestFinal_ex(context.get(), as_uchars(digests), nullptr));
  }
  contexts_->give_back(std::move(context));
}

}  // namespace coldread::verity
