import org.elasticsearch.plugins.PluginsLoader;

/** Elasticsearch 9: {@code StackElasticsearch9 HOME DATA HTTP_PORT}. */
public final class StackElasticsearch9 {
    public static void main(String[] arguments) throws Exception {
        StackNode.run(arguments, folder -> PluginsLoader.loadModulesBundles(folder, false));
    }
}
