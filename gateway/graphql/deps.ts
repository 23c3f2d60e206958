/**
 * What GraphQL needs of third parties. Apart from the program's other imports, because it is loaded with the first
 * GraphQL request, not when a node starts.
 * @module
 */
export { createSchema, createYoga } from "graphql-yoga";
export { getIntrospectionQuery, GraphQLError, Kind, parse } from "graphql";
export type { DocumentNode, FieldNode, OperationDefinitionNode, SelectionSetNode } from "graphql";
