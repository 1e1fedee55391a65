/// Placeholder
struct VariantReader {
    init(_ c: EngineColumn) {};
    func writeJSON(_ row: Int, to out: inout [UInt8]) { ValueText.append("null", to: &out) }
}
struct BigNumber { func append(to out: inout [UInt8]) {} }
extension EngineColumn { func bigNumber(_ row: Int) -> BigNumber { BigNumber() } }
