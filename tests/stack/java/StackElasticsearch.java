import org.elasticsearch.plugins.PluginsLoader;

/** Elasticsearch 8: {@code StackElasticsearch HOME DATA HTTP_PORT}. */
public final class StackElasticsearch {
    public static void main(String[] arguments) throws Exception {
        StackNode.run(arguments, PluginsLoader::loadModulesBundles);
    }
}
