// Canonical bytes of a circuit: fixed field order, big-endian integers, length-prefixed texts and lists.
#include <utility>

#include "base/limits.h"
#include "circuit/circuit.h"
#include "circuit/tables.h"

namespace veil {

namespace {

constexpr std::string_view kMagic = "veil/circuit/1";

// ---------------------------------------------------------------- writing
void write_list(Writer& writer, const std::vector<std::int64_t>& list) {
  writer.u32(static_cast<std::uint32_t>(list.size()));
  for (const std::int64_t value : list) writer.i64(value);
}

void write_meaning(Writer& writer, const Meaning& meaning) {
  writer.text(meaning.text);
  writer.text(meaning.unit);
  writer.u32(static_cast<std::uint32_t>(meaning.labels.size()));
  for (const std::string& label : meaning.labels) writer.text(label);
  writer.u32(static_cast<std::uint32_t>(meaning.scale_log2.size()));
  for (const std::int32_t scale : meaning.scale_log2) writer.u32(static_cast<std::uint32_t>(scale));
}

void write_tensor(Writer& writer, const Tensor& tensor) {
  writer.text(tensor.name);
  write_list(writer, tensor.shape);
  writer.i64(tensor.low);
  writer.i64(tensor.high);
  writer.u8(static_cast<std::uint8_t>(tensor.owner));
  writer.u8(tensor.meaning ? 1 : 0);
  if (tensor.meaning) write_meaning(writer, *tensor.meaning);
}

void write_view(Writer& writer, const View& view) {
  writer.u8(view.tensor ? 1 : 0);
  if (!view.tensor) return;
  writer.u32(*view.tensor);
  writer.u32(static_cast<std::uint32_t>(view.index.size()));
  for (const AxisIndex& index : view.index) {
    writer.u32(static_cast<std::uint32_t>(index.terms.size()));
    for (const AxisTerm& term : index.terms) {
      writer.u32(term.axis);
      writer.i64(term.coefficient);
    }
    writer.i64(index.offset);
  }
}

void write_form(Writer& writer, const Form& form) {
  writer.u32(static_cast<std::uint32_t>(form.size()));
  for (const LinearTerm& term : form) {
    writer.i64(term.coefficient);
    write_view(writer, term.view);
  }
}

void write_expression(Writer& writer, const Expression& expression) {
  write_form(writer, expression.linear);
  writer.u32(static_cast<std::uint32_t>(expression.products.size()));
  for (const ProductTerm& product : expression.products) {
    writer.i64(product.coefficient);
    write_form(writer, product.left);
    write_form(writer, product.right);
  }
}

void write_domain(Writer& writer, const Domain& domain) {
  write_list(writer, domain.extent);
  writer.u32(domain.box_rank);
}

// ---------------------------------------------------------------- reading
// One object walks the bytes; the first failure makes everything after it fail.
class CircuitReader {
 public:
  explicit CircuitReader(Reader& reader) : reader_(reader) {}

  Result<Circuit> read() {
    Circuit circuit;
    const auto magic = reader_.take(kMagic.size());
    if (!magic || !std::equal(magic->begin(), magic->end(), kMagic.begin(),
                              [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); })) {
      return Error{
          "The circuit does not begin with 'veil/circuit/1': it is damaged or was written by another version."};
    }
    const std::size_t tensors = count(kMaxTensors, 30);
    for (std::size_t i = 0; i < tensors && good_; ++i) circuit.tensors.push_back(tensor());
    const std::size_t tables = count(kMaxTables, 9);
    for (std::size_t i = 0; i < tables && good_; ++i) circuit.tables.push_back(table(circuit));
    const std::size_t identities = count(kMaxConstraints, 20);
    for (std::size_t i = 0; i < identities && good_; ++i) circuit.identities.push_back(identity(circuit));
    const std::size_t lookups = count(kMaxConstraints, 20);
    for (std::size_t i = 0; i < lookups && good_; ++i) circuit.lookups.push_back(lookup(circuit));
    circuit.claim = text();
    if (!good_) return Error{"The circuit is damaged: " + what_ + "."};
    return circuit;
  }

 private:
  void fail(const char* what) {
    if (good_) what_ = what;
    good_ = false;
  }

  template <class T>
  T need(std::optional<T> value) {
    if (!value) {
      fail("it ends early or a length is too large");
      return T{};
    }
    return std::move(*value);
  }

  std::size_t count(std::size_t limit, std::size_t item_bytes) {
    return good_ ? need(reader_.count(limit, item_bytes)) : 0;
  }
  std::int64_t i64() { return good_ ? need(reader_.i64()) : 0; }
  std::uint32_t u32() { return good_ ? need(reader_.u32()) : 0; }
  std::uint8_t u8() { return good_ ? need(reader_.u8()) : std::uint8_t{0}; }
  std::string text() { return good_ ? need(reader_.text(kMaxNameBytes)) : std::string(); }

  bool flag() {
    const std::uint8_t value = u8();
    if (value > 1) fail("a flag is neither 0 nor 1");
    return value == 1;
  }

  std::int64_t coefficient() {
    const std::int64_t value = i64();
    if (value > kMaxCoefficient || value < -kMaxCoefficient) fail("a constant is above the limit");
    return value;
  }

  std::vector<std::int64_t> lengths(std::size_t limit) {
    std::vector<std::int64_t> out;
    const std::size_t size = count(limit, 8);
    std::int64_t total = 1;
    for (std::size_t i = 0; i < size && good_; ++i) {
      const std::int64_t length = i64();
      if (length < 1 || length > kMaxTensorSize || (total *= length) > kMaxTensorSize) {
        fail("an axis is empty or too long");
        return {};
      }
      out.push_back(length);
    }
    return out;
  }

  Meaning meaning(std::int64_t elements) {
    Meaning out;
    out.text = text();
    out.unit = text();
    const std::size_t labels = count(static_cast<std::size_t>(kMaxTensorSize), 8);
    for (std::size_t i = 0; i < labels && good_; ++i) out.labels.push_back(text());
    const std::size_t scales = count(static_cast<std::size_t>(kMaxTensorSize), 4);
    for (std::size_t i = 0; i < scales && good_; ++i) out.scale_log2.push_back(static_cast<std::int32_t>(u32()));
    const auto size = static_cast<std::size_t>(elements);
    const auto fits = [&](std::size_t count) { return count > 0 && size % count == 0; };  // again and again
    if (!out.labels.empty() && !fits(out.labels.size())) fail("labels and elements differ in number");
    if (!fits(out.scale_log2.size())) fail("scales and elements differ in number");
    return out;
  }

  Tensor tensor() {
    Tensor out;
    out.name = text();
    out.shape = lengths(kMaxRank);
    out.low = coefficient();
    out.high = coefficient();
    const std::uint8_t owner = u8();
    if (owner > static_cast<std::uint8_t>(Owner::kPublic)) fail("a tensor has an unknown owner");
    out.owner = static_cast<Owner>(owner);
    if (out.low > out.high) fail("a tensor's range is empty");
    if (flag() && good_) out.meaning = meaning(shape_size(out.shape));
    return out;
  }

  Table table(const Circuit& circuit) {
    Table out;
    const std::uint8_t kind = u8();
    out.kind = static_cast<TableKind>(kind);
    const std::size_t size = count(16, 8);
    for (std::size_t i = 0; i < size && good_; ++i) out.parameters.push_back(i64());
    out.multiplicity = u32();
    if (good_ && !table_is_known(out.kind, out.parameters)) fail("a lookup table is not in the registry");
    if (good_ && out.multiplicity >= circuit.tensors.size()) fail("a table names a tensor that does not exist");
    return out;
  }

  AxisIndex axis_index(const Domain& domain) {
    AxisIndex out;
    const std::size_t size = count(kMaxRank, 12);
    for (std::size_t i = 0; i < size && good_; ++i) {
      AxisTerm term;
      term.axis = u32();
      term.coefficient = i64();
      if (term.axis >= domain.extent.size()) fail("a view uses an axis that does not exist");
      if (term.coefficient > kMaxTensorSize || term.coefficient < -kMaxTensorSize) fail("a stride is above the limit");
      out.terms.push_back(term);
    }
    out.offset = i64();
    if (out.offset > kMaxTensorSize || out.offset < -kMaxTensorSize) fail("an offset is above the limit");
    return out;
  }

  View view(const Circuit& circuit, const Domain& domain) {
    View out;
    if (!flag() || !good_) return out;
    const TensorId id = u32();
    if (id >= circuit.tensors.size()) {
      fail("a view names a tensor that does not exist");
      return out;
    }
    out.tensor = id;
    const std::size_t rank = count(kMaxRank, 12);
    if (rank != circuit.tensors[id].shape.size()) fail("a view has another rank than its tensor");
    for (std::size_t i = 0; i < rank && good_; ++i) out.index.push_back(axis_index(domain));
    return out;
  }

  Form form(const Circuit& circuit, const Domain& domain) {
    Form out;
    const std::size_t size = count(kMaxTerms, 9);
    for (std::size_t i = 0; i < size && good_; ++i) {
      LinearTerm term;
      term.coefficient = coefficient();
      term.view = view(circuit, domain);
      out.push_back(std::move(term));
    }
    return out;
  }

  Expression expression(const Circuit& circuit, const Domain& domain) {
    Expression out;
    out.linear = form(circuit, domain);
    const std::size_t size = count(kMaxTerms, 16);
    for (std::size_t i = 0; i < size && good_; ++i) {
      ProductTerm product;
      product.coefficient = coefficient();
      product.left = form(circuit, domain);
      product.right = form(circuit, domain);
      out.products.push_back(std::move(product));
    }
    return out;
  }

  Domain domain() {
    Domain out;
    out.extent = lengths(kMaxAxes);
    out.box_rank = u32();
    if (out.box_rank > out.extent.size()) fail("a box has more axes than its constraint");
    return out;
  }

  Identity identity(const Circuit& circuit) {
    Identity out;
    out.name = text();
    out.domain = domain();
    if (good_) out.expression = expression(circuit, out.domain);
    return out;
  }

  Lookup lookup(const Circuit& circuit) {
    Lookup out;
    out.name = text();
    out.domain = domain();
    out.table = u32();
    if (good_ && out.table >= circuit.tables.size()) fail("a lookup names a table that does not exist");
    const std::size_t size = count(8, 8);
    if (good_ && size != table_arity(circuit.tables[out.table])) fail("a lookup and its table differ in width");
    for (std::size_t i = 0; i < size && good_; ++i) out.entries.push_back(expression(circuit, out.domain));
    return out;
  }

  Reader& reader_;
  bool good_ = true;
  std::string what_;
};

}  // namespace

void write_circuit(Writer& writer, const Circuit& circuit) {
  writer.raw(as_bytes(kMagic));
  writer.u32(static_cast<std::uint32_t>(circuit.tensors.size()));
  for (const Tensor& tensor : circuit.tensors) write_tensor(writer, tensor);
  writer.u32(static_cast<std::uint32_t>(circuit.tables.size()));
  for (const Table& table : circuit.tables) {
    writer.u8(static_cast<std::uint8_t>(table.kind));
    write_list(writer, table.parameters);
    writer.u32(table.multiplicity);
  }
  writer.u32(static_cast<std::uint32_t>(circuit.identities.size()));
  for (const Identity& identity : circuit.identities) {
    writer.text(identity.name);
    write_domain(writer, identity.domain);
    write_expression(writer, identity.expression);
  }
  writer.u32(static_cast<std::uint32_t>(circuit.lookups.size()));
  for (const Lookup& lookup : circuit.lookups) {
    writer.text(lookup.name);
    write_domain(writer, lookup.domain);
    writer.u32(lookup.table);
    writer.u32(static_cast<std::uint32_t>(lookup.entries.size()));
    for (const Expression& entry : lookup.entries) write_expression(writer, entry);
  }
  writer.text(circuit.claim);
}

Result<Circuit> read_circuit(Reader& reader) { return CircuitReader(reader).read(); }

}  // namespace veil
