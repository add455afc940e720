{{/* One way out to a component's port: dict root, component, port. */}}
{{- define "polydub.toComponent" -}}
- to:
    - podSelector:
        matchLabels:
          {{- include "polydub.selector" . | nindent 10 }}
  ports: [{port: {{ .port }}}]
{{- end }}

{{/* A network; all of them are the internet, without networks of one's own: dict root, cidr. */}}
{{- define "polydub.toNetwork" -}}
- ipBlock:
    cidr: {{ .cidr }}
    {{- if eq .cidr "0.0.0.0/0" }}
    except:
      {{- toYaml .root.Values.networkPolicy.privateNetworks | nindent 6 }}
    {{- end }}
{{- end }}

{{/* One way out to a backend of others, in this cluster (to Pods of which networks may not lead, as
     with Cilium) or outside of it: dict root, set (its values: namespace, cidrs, port). */}}
{{- define "polydub.toOthers" -}}
- to:
    {{- with .set.namespace }}
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: {{ . }}}
    {{- end }}
    {{- range .set.cidrs }}
    {{- include "polydub.toNetwork" (dict "root" $.root "cidr" .) | nindent 4 }}
    {{- end }}
  ports: [{port: {{ .set.port }}}]
{{- end }}

{{/* Where traces go: the address names the namespace, or means this one. */}}
{{- define "polydub.toTraces" -}}
{{- $host := regexReplaceAll "^[a-z]+://|[:/].*$" .Values.tracesEndpoint "" }}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ index (splitn "." 3 $host) "_1" | default .Release.Namespace }}
  ports: [{port: {{ regexFind "[0-9]+$" .Values.tracesEndpoint | default 4317 }}}]
{{- end }}

{{- define "polydub.toNames" -}}
- to:
    - namespaceSelector:
        {{- with .Values.networkPolicy.dnsNamespace }}
        matchLabels: {kubernetes.io/metadata.name: {{ . }}}
        {{- else }}
        matchLabels: {}
        {{- end }}
  ports:
    - {port: 53, protocol: UDP}
    - {port: 53}
{{- end }}

{{/* Names, broker, store, and where asked the database: dict root, database. */}}
{{- define "polydub.toBackends" -}}
{{- $values := .root.Values }}
{{- include "polydub.toNames" .root }}
{{- if $values.nats.enabled }}
{{ include "polydub.toComponent" (dict "root" .root "component" "nats" "port" 4222) }}
{{- else }}
{{ include "polydub.toOthers" (dict "root" .root "set" $values.nats) }}
{{- end }}
{{- if include "polydub.ownS3" .root }}
{{ include "polydub.toComponent" (dict "root" .root "component" "seaweedfs" "port" 8333) }}
{{- else if eq $values.store.kind "s3" }}
{{ include "polydub.toOthers" (dict "root" .root "set" $values.store.s3) }}
{{- end }}
{{- if .database }}
{{- if $values.postgresql.enabled }}
{{ include "polydub.toComponent" (dict "root" .root "component" "postgresql" "port" 5432) }}
{{- else }}
{{ include "polydub.toOthers" (dict "root" .root "set" $values.postgresql) }}
{{- end }}
{{- end }}
{{- if $values.tracesEndpoint }}
{{ include "polydub.toTraces" .root | trim }}
{{- end }}
{{- end }}

{{/* dict root, stages. */}}
{{- define "polydub.toStages" -}}
{{- range .stages }}
{{ include "polydub.toComponent" (dict "root" $.root "component" . "port" 50051) }}
{{- end }}
{{- end }}

{{- define "polydub.toInternet" -}}
- to:
    {{- include "polydub.toNetwork" (dict "root" . "cidr" "0.0.0.0/0") | nindent 4 }}
  ports:
    - {port: 80}
    - {port: 443}
{{- end }}

{{/* Who reaches the gateway and the page. */}}
{{- define "polydub.clients" -}}
- namespaceSelector:
    {{- with .Values.networkPolicy.ingressNamespace }}
    matchLabels: {kubernetes.io/metadata.name: {{ . }}}
    {{- else }}
    matchLabels: {}
    {{- end }}
{{- with .Values.networkPolicy.ingressFrom }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* dict root, port. */}}
{{- define "polydub.fromMonitoring" -}}
{{- with .root.Values.networkPolicy.monitoringNamespace }}
- from:
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: {{ . }}}
  ports: [{port: {{ $.port }}}]
{{- end }}
{{- end }}

{{/* From every Pod of this release that is the chart's own work: dict root, port. */}}
{{- define "polydub.fromOwn" -}}
- from:
    - podSelector:
        matchLabels:
          app.kubernetes.io/name: polydub
          app.kubernetes.io/instance: {{ .root.Release.Name }}
  ports: [{port: {{ .port }}}]
{{- end }}
