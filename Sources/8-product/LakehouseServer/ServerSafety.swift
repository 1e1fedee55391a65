package import Base

/// Where a server may listen.
package enum ServerSafety {
    /// The flag of `tarn serve` that opens a lakehouse to everybody; long, so that nobody types it by accident.
    package static let openToEverybodyFlag = "serve-everyone-without-authentication"

    /// Refuses to open a lakehouse to the network without authentication.
    ///
    /// - Parameters:
    ///   - host: The address to listen on.
    ///   - isAuthenticationRequired: Whether callers must show a token.
    ///   - isOpenOnPurpose: Whether the caller asked in so many words for a server that everybody may use.
    ///   - isEncrypted: Whether the server speaks TLS.
    /// - Returns: What the caller should be warned of.
    /// - Throws: `.failedPrecondition` if others could reach the address and need no token.
    package static func check(
        host: String, isAuthenticationRequired: Bool, isOpenOnPurpose: Bool = false, isEncrypted: Bool = false
    ) throws(TarnError) -> [String] {
        if isLoopback(host) { return [] }
        if !isAuthenticationRequired {
            if isOpenOnPurpose {
                return [
                    "everybody who reaches \(host) can read and change this lakehouse: there is no authentication"
                ]
            }
            throw TarnError(
                .failedPrecondition,
                "Refusing to listen on \(host) without authentication: everybody on the network could read and change the "
                    + "lakehouse. Add --auth required (tarn token create makes tokens), or listen on 127.0.0.1 and use a "
                    + "tunnel, or say so in so many words: --\(openToEverybodyFlag).",
                context: [("host", host)])
        }
        if isEncrypted { return [] }
        return [
            "tokens and data go over the network to \(host) in plain text: set tls.certificate and tls.key, "
                + "or put a proxy that speaks TLS in front"
        ]
    }

    /// `localhost`, 127.0.0.0/8 and ::1.
    package static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && parts.allSatisfy { $0 != nil } && parts.first == 127
    }
}
