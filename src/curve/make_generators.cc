// Run by the build: writes the generators as C++ source, in the stored (Montgomery) form so that nothing is left to do
// at start.   make_generators <output.cc>
#include <cinttypes>
#include <cstdio>

#include "curve/generators_table.h"

namespace {

void write_element(std::FILE* out, const veil::Fq& value) {
  const veil::Limbs& raw = value.raw();
  std::fprintf(out, "E({0x%016" PRIx64 ", 0x%016" PRIx64 ", 0x%016" PRIx64 ", 0x%016" PRIx64 "})", raw[0], raw[1],
               raw[2], raw[3]);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::FILE* const out = std::fopen(argv[1], "w");
  if (out == nullptr) return 1;
  std::fprintf(
      out,
      "// Written by make_generators.cc.\n#include \"curve/generators_table.h\"\n\nnamespace veil {\nnamespace {\n\n"
      "constexpr Fq E(const Limbs& raw) { return Fq::from_raw(raw); }\n\n}  // namespace\n\n"
      "constexpr std::array<G1Affine, kMaxGenerators + 1> kGeneratorsTable = {{\n");
  for (std::size_t i = 0; i <= veil::kMaxGenerators; ++i) {
    const veil::G1Affine point = veil::compute_generator(i);
    std::fprintf(out, "    {");
    write_element(out, point.x);
    std::fprintf(out, ", ");
    write_element(out, point.y);
    std::fprintf(out, "},\n");
  }
  std::fprintf(out, "}};\n\n}  // namespace veil\n");
  return std::fclose(out) == 0 ? 0 : 1;
}
