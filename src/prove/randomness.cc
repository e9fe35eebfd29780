#include "prove/randomness.h"

#include "base/secret.h"

namespace veil {

Digest derive_seed(std::string_view domain, const Entropy& entropy, std::initializer_list<ByteView> parts) {
  Secret<Digest> fresh;
  entropy(fresh.expose());
  Keccak256 hash;
  const auto update = [&hash](ByteView data) {
    Writer length;
    length.u64(data.size());
    hash.update(length.bytes());
    hash.update(data);
  };
  update(as_bytes(domain));
  update(fresh.expose());
  for (const ByteView part : parts) update(part);
  return hash.finish();
}

Digest matrix_digest(const RowMatrix& matrix) {
  Keccak256 hash;
  for (const RowBlock& block : matrix.blocks()) {
    Writer header;
    header.u64(block.rows.first);
    header.u64(block.rows.count);
    header.u64(matrix.columns());
    header.u8(static_cast<std::uint8_t>(block.entries.width()));
    hash.update(header.bytes());
    const IntegerView entries = block.entries.view();
    hash.update(keccak256_in_eighths({static_cast<const std::uint8_t*>(entries.data()), block.entries.size_bytes()}));
  }
  return hash.finish();
}

Digest statement_digest(const Digest& model_id, const PublicValues& public_values, ByteView context) {
  Writer writer;
  writer.raw(model_id);
  for (const std::vector<std::int64_t>& values : public_values) {
    writer.u64(values.size());
    for (const std::int64_t value : values) writer.i64(value);
  }
  writer.block(context);
  return keccak256(writer.bytes());
}

}  // namespace veil
