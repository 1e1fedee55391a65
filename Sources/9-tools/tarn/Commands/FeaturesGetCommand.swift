import ArgumentParser
import Base
import FeatureStore
import Lakehouse

struct FeaturesGetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Fetch the features of entities from the online store.",
        discussion: """
            --json prints the answer of POST /get-online-features as it is.

            Examples:
              tarn features get --service trip_features --entity driver_id=7
              tarn features get --features driver:rating --entity driver_id=7,8,9 --json
              tarn features get --service trips --entity "city=Bern,Genf" --entity driver_id=7,8
            """)

    @OptionGroup var options: HomeOptions
    @OptionGroup var output: JSONOption
    @Option(help: ArgumentHelp("Fetch the features of this service.", valueName: "name")) var service: String?
    @Option(
        parsing: .upToNextOption, help: ArgumentHelp("Fetch these: view:feature.", valueName: "feature"))
    var features: [String] = []
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Values of a join key, with commas between them; once for each key.", valueName: "key=values"))
    var entity: [String] = []
    @Flag(help: "Name the features view__feature.") var fullFeatureNames = false

    func validate() throws {
        if (service == nil) == features.isEmpty {
            throw ValidationError("Give either --service NAME or --features VIEW:FEATURE ...")
        }
        for text in entity where !text.contains("=") {
            throw ValidationError("--entity needs KEY=VALUE,VALUE..., not '\(text)'.")
        }
    }

    func run() async throws {
        let lake = try options.openLakehouse()
        let features = try await lake.features
        let answer = try features.serving.getOnlineFeatures(
            OnlineRequestText.make(
                service: service, features: self.features, entities: entity,
                fullFeatureNames: fullFeatureNames,
                registry: features.serving.registry))
        if output.isJSON {
            print(String(decoding: answer, as: UTF8.self))
        } else {
            let (names, rows) = OnlineRequestText.table(try JSONValue.parse(answer))
            try printList(names, rows, asJSON: false)
        }
        await lake.close()
    }
}
