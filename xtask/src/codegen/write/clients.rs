//! Writes the products as methods of the clients.

use crate::codegen::plan::Plan;
use crate::codegen::search;
use crate::codegen::write::explanations;
use crate::codegen::write::resources::{self, Resource};
use crate::codegen::write::template::template;

template! {
    Clients { names, client, methods } = r#"
//! The products, as methods of the clients.

#[allow(unused_imports)]
use crate::compiled_in::CompiledIn;

/// The names of products, for what the compiler says of those that are not compiled in.
#[allow(non_camel_case_types, unreachable_pub)]
mod products {
    $names
}

macro_rules! products {
    ($client:ty) => {
        impl $client {
            $methods
        }
    };
}

products!(crate::client::Client);
#[cfg(feature = "blocking")]
products!(crate::blocking::Client);
"#
}

template! {
    Name { product, module } = r#"
#[cfg(not(feature = "$product"))]
pub struct $module;
"#
}

template! {
    Method { doc, aliases, product, module, accessor, client } = r#"
$doc
$aliases
#[cfg(feature = "$product")]
pub fn $module(&self) -> cf_types::$module::$accessor<&$client> {
    cf_types::Api::new(self).$module()
}
#[cfg(not(feature = "$product"))]
#[doc(hidden)]
pub fn $module<T>(&self) -> T where for<'a> products::$module: CompiledIn<'a> {
    <products::$module as CompiledIn<'static>>::api()
}
"#
}

/// What the macro that is written calls the client: in these templates, it stands for itself.
const CLIENT: &str = "$client";

/// The products as methods.
pub fn module(plan: &Plan, products: &[Resource]) -> String {
    let names = products.iter().map(|tree| {
        let name = Name {
            product: &tree.path[0],
            module: &tree.module(),
        };
        name.fill()
    });
    let methods = products.iter().map(|tree| {
        let (product, module) = (&tree.path[0], tree.module());
        // docs.rs searches one crate at a time, and the operations are in another.
        let aliases = plan.search.of_product(product, &module);
        let method = Method {
            doc: &explanations::comment(&resources::of_product(plan, tree)),
            aliases: &search::attributes(&aliases),
            product,
            module: &module,
            accessor: &tree.accessor,
            client: CLIENT,
        };
        method.fill()
    });
    let clients = Clients {
        names: &names.collect::<String>(),
        client: CLIENT,
        methods: &methods.collect::<String>(),
    };
    clients.fill()
}
