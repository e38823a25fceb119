import Foundation
import Shopwire

// Snippets of the README that are no programs, to be compiled. test/unit/clients/swift.test.ts compares them.

private func currentToken(_ refresh: Bool) async throws -> String? { nil }

private func signIn(edge: URL) -> ShopwireClient {
  let client = ShopwireClient(url: edge, token: { refresh in try await currentToken(refresh) })
  return client
}

private func watch(_ client: ShopwireClient, shop: UUID, last: Int) async throws {
  for try await item in client.feed(of: shop, after: last) {
    switch item {
    case .event(let shown): print(shown.sequence, shown.action.rawValue, shown.productName)
    case .erased(let sequences): print("delete \(sequences)")
    case .restarted: print("forget everything: the server has another log")
    }
  }
}
