import ArgumentParser
import Foundation
import Lakehouse

@main
struct TarnCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tarn",
        abstract: "An open lakehouse for AI: tables, SQL, features and an HTTP server in one program.",
        version: "tarn \(tarnVersion)")
}
