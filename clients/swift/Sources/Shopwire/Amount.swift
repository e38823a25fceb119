import Foundation

// The server keeps a number as JavaScript does: as the nearest double, written with the fewest digits that mean that double. Swift
// writes a `Double` by the same rule. So the text of the double is the text on the wire, and `Decimal` gets exactly its digits;
// `Decimal(double)` and some versions of `JSONDecoder` would give 3.2999999999999998 for 3.3.

extension KeyedDecodingContainer {
  func decodeAmount(forKey key: Key) throws -> Decimal {
    let number = try decode(Double.self, forKey: key)
    guard let amount = Decimal(keptAs: number) else {
      throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "\(number) is no amount")
    }
    return amount
  }
}

extension KeyedEncodingContainer {
  mutating func encodeAmount(_ amount: Decimal, forKey key: Key) throws {
    guard amount.isKeptExactly else {
      let path = codingPath + [key]
      let reason = "\(amount) has more digits than the server keeps (about 15)"
      throw EncodingError.invalidValue(amount, EncodingError.Context(codingPath: path, debugDescription: reason))
    }
    try encode(amount, forKey: key)
  }
}

extension Decimal {
  /// The amount that a JSON number means.
  init?(keptAs number: Double) {
    guard number.isFinite else { return nil }
    self.init(string: "\(number)", locale: Locale(identifier: "en_US_POSIX"))
  }

  /// False if the server would round this amount.
  var isKeptExactly: Bool {
    guard let number = Double(description) else { return false }
    return Decimal(keptAs: number) == self
  }
}
