// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "Shopwire",
  platforms: [.iOS(.v16), .macOS(.v13)],
  products: [.library(name: "Shopwire", targets: ["Shopwire"])],
  targets: [
    .target(name: "Shopwire"),
    // The README's two programs, word for word.
    .executableTarget(name: "publish-example", dependencies: ["Shopwire"], path: "Examples/publish"),
    .executableTarget(name: "outbox-example", dependencies: ["Shopwire"], path: "Examples/outbox"),
    // A program with an outbox, for tests to kill.
    .executableTarget(name: "outbox-program", dependencies: ["Shopwire"], path: "Tests/OutboxProgram"),
    .testTarget(name: "ShopwireTests", dependencies: ["Shopwire", "outbox-program"]),
  ]
)
