// All kernels against each other: whatever the values, sizes and places, every level gives the same bytes.
#include <cstdlib>
#include <vector>

#include "base/bytes.h"
#include "field/kernels/field_kernels.h"

namespace veil {
namespace {

void expect(bool equal) {
  if (!equal) std::abort();
}

// Elements of any 32 bytes: raw limbs below the modulus as they are, which reaches every representation.
template <class Field>
std::vector<Field> elements(ByteView data, std::size_t count) {
  std::vector<Field> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    Limbs limbs{};
    for (std::size_t k = 0; k < 32; ++k) {
      limbs[k / 8] |= static_cast<std::uint64_t>(data[(32 * i + k) % data.size()]) << (8 * (k % 8));
    }
    out[i] = less_limbs(limbs, Field::kModulus) ? Field::from_raw(limbs) : Field::from_limbs(limbs);
  }
  return out;
}

struct Results {
  std::vector<Fr> frs;
  std::vector<Fq> fqs;
  bool operator==(const Results&) const = default;
};

Results run(const FieldKernels& kernels, ByteView data, std::size_t count) {
  const std::vector<Fr> a = elements<Fr>(data, 2 * count);
  const std::vector<Fr> b = elements<Fr>(data.subspan(1), 2 * count);
  const Fr r = elements<Fr>(data.subspan(2), 1)[0];
  std::vector<std::int64_t> integers;
  std::vector<std::int8_t> bytes;
  std::vector<std::int16_t> shorts;
  for (std::size_t i = 0; i < 4 * count; ++i) {
    std::uint64_t bits = 0;
    for (std::size_t k = 0; k < 8; ++k) bits = bits << 8 | data[(9 * i + k) % data.size()];
    integers.push_back(static_cast<std::int64_t>(bits) >> (data[i % data.size()] % 64));
    bytes.push_back(static_cast<std::int8_t>(bits));
    shorts.push_back(static_cast<std::int16_t>(bits));
  }
  Results out;
  const auto keep = [&](const std::vector<Fr>& values) { out.frs.insert(out.frs.end(), values.begin(), values.end()); };
  std::vector<Fr> x(count);
  kernels.fold(x.data(), a.data(), a.data() + count, r, count);
  keep(x);
  kernels.axpy(x.data(), r, b.data(), count);
  kernels.axpy_int(x.data(), r, integers.data(), count);
  keep(x);
  IntegerColumns columns{2, {integers.data(), integers.data() + 2 * count}, {a[0], r}};
  for (const std::size_t parity : {std::size_t{0}, std::size_t{1}}) {
    std::vector<Fr> combined(count);
    kernels.combine_alternate(combined.data(), b[0], columns, parity, count);
    keep(combined);
  }
  kernels.scale(x.data(), r, x.data(), count);
  std::vector<Fr> high(count);
  kernels.split(x.data(), high.data(), r, count);
  keep(x);
  keep(high);
  std::vector<Fr> fractions(8 * count);
  const MutableFractions low{&fractions[0], &fractions[count], &fractions[2 * count], &fractions[3 * count]};
  const MutableFractions upper = low.from(4 * count);
  const Fractions rows{a.data(), b.data(), b.data(), a.data()};
  kernels.add_fractions(low, rows, count);
  keep(fractions);
  kernels.add_weighted_rows_8(x.data(), a.data(), bytes.data(), 2, static_cast<std::ptrdiff_t>(count), count);
  kernels.add_weighted_rows_16(x.data(), a.data(), shorts.data(), 2, static_cast<std::ptrdiff_t>(count), count);
  keep(x);
  const ProductRound product = kernels.product_round(a.data(), b.data(), count, count);
  const WeightedRound weighted = kernels.weighted_round(x.data(), a.data(), b.data(), count, count);
  const ProductRound round = kernels.fraction_round(x.data(), rows, rows.from(count), count);
  const FractionPairs pairs{{low, upper}, {rows.from(count), rows}};  // in place
  const ProductRound next = kernels.fold_fraction_round(x.data(), low, upper, pairs, r, count);
  keep(fractions);
  const Fractions units{nullptr, nullptr, b.data(), a.data()};
  kernels.add_fractions(low, units, count);
  keep(fractions);
  const Fractions single{a.data(), nullptr, nullptr, b.data()};
  const FractionPairs singles{{single, single.from(count)}, {single.from(count), single}};
  const ProductRound alone = kernels.fraction_round(x.data(), single, single.from(count), count);
  const ProductRound next_alone = kernels.fold_fraction_round(x.data(), low, upper, singles, r, count);
  keep(fractions);
  keep({alone.constant, alone.square, next_alone.constant, next_alone.square});
  keep({kernels.inner_product(a.data(), b.data(), 2 * count),
        kernels.inner_product_int(a.data(), integers.data(), 2 * count), product.constant, product.square,
        weighted.lower, weighted.upper, weighted.steps, round.constant, round.square, next.constant, next.square});
  out.fqs = elements<Fq>(data, count);
  kernels.square_root_candidates(out.fqs.data(), count);
  return out;
}

}  // namespace
}  // namespace veil

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace veil;
  if (size < 40) return 0;
  const std::size_t count = data[0] % 41 + std::size_t{1};
  const ByteView bytes(data, size);
  const Results expected = run(field_kernels(CpuLevel::kPortable), bytes, count);
  for (const CpuLevel level : {CpuLevel::kAdx, CpuLevel::kIfma}) {
    if (level <= detect_cpu_level()) expect(run(field_kernels(level), bytes, count) == expected);
  }
  return 0;
}
